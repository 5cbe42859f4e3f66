import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeProgram } from './pinned-node.mjs'

/** The repository's folder. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Absolute path of a file in the repository. */
export const inRoot = (/** @type {string[]} */ ...parts) => join(ROOT, ...parts)

/** Node 24, pinned as a dependency; the host's own may be older. */
export const NODE = nodeProgram(ROOT)

/** An error that the person can fix, not a bug: shown as one sentence, without a stack. */
export class Advice extends Error {}
