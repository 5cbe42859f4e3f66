// node tools/image/uws.mjs compare <tag or commit>     refuses when an installed binary is not upstream's
// node tools/image/uws.mjs take <commit> <folder>      puts upstream's binary for this machine into the folder of the package
//
// uWebSockets.js is not on npm; the package of the lock file is somebody else's build of it (ADR 82).
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const UPSTREAM = 'https://raw.githubusercontent.com/uNetworking/uWebSockets.js'
/** What an image runs on. */
const SHIPPED = /^uws_linux_(x64|arm64)_\d+\.node$/
const TIMEOUT_MS = 120_000

const hashOf = (/** @type {Uint8Array} */ bytes) => createHash('sha256').update(bytes).digest('hex')

/** @param {string} revision @param {string} file @param {string} upstream */
async function fetchUpstream(revision, file, upstream) {
  const response = await fetch(`${upstream}/${revision}/${file}`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new Error(`${file} of ${revision} cannot be read from upstream: ${response.status}.`)
  return new Uint8Array(await response.arrayBuffer())
}

/**
 * Compares the binaries of a folder with those of a tag of upstream. Errors: a sentence that names those that differ.
 * @param {string} revision @param {string} folder @param {string} [upstream] @returns {Promise<readonly string[]>} the same ones
 */
export async function compare(revision, folder, upstream = UPSTREAM) {
  const files = (await readdir(folder)).filter((file) => SHIPPED.test(file)).sort((a, b) => (a < b ? -1 : 1))
  if (files.length === 0) throw new Error(`${folder} has no binary of uWebSockets.js.`)
  /** @type {string[]} */
  const others = []
  for (const file of files) {
    const [here, there] = [await readFile(join(folder, file)), await fetchUpstream(revision, file, upstream)]
    if (hashOf(here) !== hashOf(there)) others.push(`${file} (${hashOf(here)}, upstream ${hashOf(there)})`)
  }
  if (others.length > 0) throw new Error(`Not upstream's binaries of ${revision}: ${others.join(', ')}.`)
  return files
}

/** Puts upstream's binary for this machine into the folder of the package. @param {string} commit @param {string} folder @param {string} [upstream] */
export async function take(commit, folder, upstream = UPSTREAM) {
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Error(`"${commit}" is not a whole commit: a tag could be moved.`)
  const file = `uws_linux_${process.arch}_${process.versions.modules}.node`
  await writeFile(join(folder, file), await fetchUpstream(commit, file, upstream))
  return file
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, revision = '', folder = 'node_modules/uWebSockets.js'] = process.argv.slice(2)
  try {
    if (command === 'compare') console.log(`As upstream's ${revision}: ${(await compare(revision, folder)).join(', ')}`)
    else if (command === 'take') console.log(`Upstream's ${await take(revision, folder)} of ${revision}`)
    else throw new Error('usage: uws.mjs compare <tag or commit> [folder] | take <commit> [folder]')
  } catch (error) {
    console.error(/** @type {Error} */ (error).message)
    process.exitCode = 1
  }
}
