import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { ROOT } from './root.mjs'

/** Folders of generated files. */
const DERIVED = new Set(['node_modules', 'dist', 'gen', '.git', '.nx', '.data', 'coverage'])

/**
 * A hash of the paths, sizes and times of all files below the given paths: cheap, and different after any edit.
 * `accept` excludes files by name. A missing path counts as empty. Paths are those in the repository, so that a copy of it with its times is the same.
 * @param {readonly string[]} paths @param {(name: string) => boolean} [accept] @returns {Promise<string>}
 */
export async function fingerprint(paths, accept = () => true) {
  const lines = (await Promise.all(paths.map((path) => describe(path, accept)))).flat()
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}

/** @param {string} path @param {(name: string) => boolean} accept @returns {Promise<string[]>} */
async function describe(path, accept) {
  const found = await stat(path).catch(() => undefined)
  if (!found) return []
  if (!found.isDirectory()) return [`${relative(ROOT, path)} ${found.size} ${found.mtimeMs}`]
  const names = (await readdir(path)).filter((name) => !DERIVED.has(name) && !name.endsWith('.tsbuildinfo'))
  const entries = await Promise.all(
    names.map((name) => (accept(name) ? describe(join(path, name), accept) : Promise.resolve([]))),
  )
  return entries.flat()
}

/** Whether `mark` says that a task succeeded with these inputs. @param {string} mark file @param {string} inputs fingerprint */
export const isDone = async (mark, inputs) => (await readFile(mark, 'utf8').catch(() => '')) === inputs

/**
 * Runs `task` unless `mark` says that it succeeded with the same inputs. True when it ran.
 * @param {string} mark file @param {string} inputs fingerprint @param {() => Promise<void>} task
 */
export async function unlessDone(mark, inputs, task) {
  if (await isDone(mark, inputs)) return false
  await task()
  await mkdir(dirname(mark), { recursive: true })
  await writeFile(mark, inputs)
  return true
}
