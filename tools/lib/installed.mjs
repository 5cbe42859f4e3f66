// Checks what is installed. Runs on the host's own Node before anything is installed: only built-in modules.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeProgram, pinnedVersion, versionOf } from './pinned-node.mjs'
import { Advice } from './root.mjs'

/** The used fields of an entry of package-lock.json. */
/** @typedef {{ version?: string, link?: boolean, optional?: boolean, os?: string | string[], cpu?: string | string[], libc?: string | string[], bin?: Record<string, string> }} Locked */
/** A package that does not match the lock file: its folder below the root, and the problem. */
/** @typedef {{ folder: string, problem: string }} Fault */
/** @typedef {{ os: string, cpu: string, libc: string | undefined }} Host */

/** npm's name of this system; npm knows a libc on Linux only. @returns {Host} */
export function thisHost() {
  const { glibcVersionRuntime } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
    process.report.getReport()
  ).header
  const libc = glibcVersionRuntime ? 'glibc' : 'musl'
  return { os: process.platform, cpu: process.arch, libc: process.platform === 'linux' ? libc : undefined }
}

/** Lists of npm name what is supported (`linux`), or what is not (`!win32`). @param {string | string[] | undefined} list @param {string | undefined} value */
function fits(list, value) {
  if (list === undefined || value === undefined) return true
  const names = [list].flat()
  if (names.includes(`!${value}`)) return false
  return names.includes(value) || names.every((name) => name.startsWith('!'))
}

/**
 * Whether a package of the lock file must be installed. npm omits packages for other systems and packages that only
 * those need, so an optional package is required only if it is made for this system.
 * @param {Locked} locked @param {Host} host
 */
export function isNeeded({ optional, os, cpu, libc }, host) {
  if (optional && os === undefined && cpu === undefined) return false
  return fits(os, host.os) && fits(cpu, host.cpu) && fits(libc, host.libc)
}

/** Entries by folder. Errors: Advice. @param {string} root @returns {Promise<Record<string, Locked>>} */
export async function readLock(root) {
  try {
    return JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages
  } catch (error) {
    const reason = /** @type {Error} */ (error).message
    throw new Advice(`package-lock.json cannot be read (${reason}): get it back with git checkout package-lock.json.`)
  }
}

/**
 * What npm says of `node_modules` itself, written when an installation has ended well; undefined when none has.
 * @param {string} root @returns {Promise<Record<string, Locked> | undefined>}
 */
const readFinished = (root) =>
  readFile(join(root, 'node_modules', '.package-lock.json'), 'utf8').then(
    (text) => JSON.parse(text).packages,
    () => undefined,
  )

/**
 * Every package of the lock file that is missing, incomplete, of another version, or without its programs. Checks
 * the files themselves: a mark of an earlier installation would not show later changes. Some 0.1 s.
 * @param {string} root @returns {Promise<Fault[]>}
 */
export async function findFaults(root, host = thisHost()) {
  const packages = Object.entries(await readLock(root)).filter(([folder]) => folder.includes('node_modules/'))
  const finished = await readFinished(root)
  if (!finished) return [{ folder: 'node_modules', problem: 'was not installed to the end' }]
  const needed = packages.filter(([, locked]) => isNeeded(locked, host))
  const faults = await Promise.all(
    needed.map(async ([folder, locked]) => {
      const problem = await problemOf(root, folder, locked)
      if (problem) return { folder, problem }
      return finished[folder] ? undefined : { folder, problem: 'was not installed to the end' }
    }),
  )
  return [...faults.filter((fault) => fault !== undefined), ...(await nodeFaults(root))]
}

/** @param {string} root @param {string} folder @param {Locked} locked @returns {Promise<string | undefined>} */
async function problemOf(root, folder, locked) {
  const manifest = await readFile(join(root, folder, 'package.json'), 'utf8').then(JSON.parse, () => undefined)
  if (!manifest) return 'is missing'
  if (locked.link) return undefined
  if (manifest.version !== locked.version) return `is ${manifest.version}, not ${locked.version}`
  const missing = await firstMissing(root, filesOf(folder, locked, manifest))
  return missing && `has no ${missing}`
}

/** The files that a package certainly needs. @param {string} folder @param {Locked} locked @param {{ main?: string }} manifest */
function filesOf(folder, locked, manifest) {
  const programs = Object.entries(locked.bin ?? {})
  return [
    ...programs.map(([, path]) => join(folder, path)),
    ...(isTop(folder) ? programs.map(([name]) => join('node_modules', '.bin', name)) : []),
    // A package for one system is its binary.
    ...(locked.cpu !== undefined && manifest.main ? [join(folder, manifest.main)] : []),
  ]
}

/** @param {string} root @param {readonly string[]} files @returns {Promise<string | undefined>} */
async function firstMissing(root, files) {
  const found = await Promise.all(files.map((file) => hasContent(join(root, file))))
  return files[found.indexOf(false)]
}

const isTop = (/** @type {string} */ folder) => folder.lastIndexOf('node_modules/') === 0

/** @param {string} file or link to one @returns {Promise<boolean>} */
const hasContent = (file) =>
  stat(file).then(
    ({ size }) => size > 0,
    () => process.platform === 'win32' && file.includes('.bin'),
  )

/** Checks that the pinned Node exists, runs, and is what the tools find by the name `node`. @param {string} root @returns {Promise<Fault[]>} */
async function nodeFaults(root) {
  const wanted = pinnedVersion(root)
  const program = nodeProgram(root)
  const folder = program.slice(root.length + 1).replace(/[\\/]bin[\\/].*$/, '')
  const programs = process.platform === 'win32' ? [program] : [program, join(root, 'node_modules', '.bin', 'node')]
  const versions = await Promise.all(programs.map(versionOf))
  return versions.every((version) => version === wanted)
    ? []
    : [{ folder, problem: `does not answer as Node ${wanted} on this system` }]
}
