/** What runs: the version of the product, and the commit of the image (`BESEDA_COMMIT`, which its build sets). */
export interface Version {
  readonly version: string
  readonly commit: string
}

/** The version of package.json, which is not beside a bundle (ADR 63): version.spec.ts compares. */
const VERSION = '0.1.0'

export const RUNNING: Version = { version: VERSION, commit: process.env.BESEDA_COMMIT || 'unknown' }
