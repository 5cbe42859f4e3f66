import { Installation, type InstallationAddress, type ReachableInstallation, reachInstallation } from '@beseda/testkit'
import { inject } from 'vitest'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    installation: InstallationAddress
  }
}

/**
 * Vitest's global set-up of the end-to-end tests: one installation for all files that end no process of it and need no settings of their own.
 * Starting one takes ten seconds of processor time.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // A test has its own web server for links.
  const installation = await Installation.start({ LINK_PREVIEWS_ALLOW_LOOPBACK: 'true' })
  project.provide('installation', installation.address())
  return () => installation.stop()
}

/** The installation of all files; the people and groups of each file are its own. */
export const sharedInstallation = (): ReachableInstallation => reachInstallation(inject('installation'))
