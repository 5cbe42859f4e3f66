import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { inRoot } from '../lib/root.mjs'

interface Locked {
  readonly version?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly resolved?: string
  readonly integrity?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

describe.each(['package-lock.json', 'loadtests/package-lock.json'])('%s', (path) => {
  const { packages } = JSON.parse(readFileSync(inRoot(path), 'utf8')) as { packages: Record<string, Locked> }
  const folders = Object.keys(packages)

  // npm leaves out those of other systems when it makes a lock file beside an installation; a Mac then cannot build.
  test('has the optional packages of every system', () => {
    const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !folders.some((known) => known.endsWith(`node_modules/${name}`)))
        .map((name) => `${folder || 'the root'} needs ${name}`),
    )
    expect(missing).toEqual([])
  })

  test('pins what a package contains, and no registry', () => {
    const installed = Object.entries(packages).filter(
      ([folder, { link, inBundle }]) => folder.includes('node_modules/') && !link && !inBundle,
    )
    expect(installed.filter(([, { integrity }]) => !integrity).map(([folder]) => folder)).toEqual([])
    const hosts = installed.flatMap(([, { resolved }]) => (resolved ? [new URL(resolved).host] : []))
    expect(new Set(hosts)).toEqual(new Set())
  })
})
