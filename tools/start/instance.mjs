import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Advice } from '../lib/root.mjs'
import { withLock } from '../provision/lock.mjs'
import { birthOf } from './identity.mjs'

/** The process that runs from a data folder. */
/** @typedef {{ pid: number, birth: string, url: string }} Instance */

/** The file that records it. */
export const INSTANCE_FILE = 'instance.json'

/** Whether the process that wrote the file is gone: killed, or its pid now belongs to another process. */
export const isGone = (/** @type {Instance} */ held, /** @type {string | undefined} */ birth) => birth !== held.birth

/**
 * Claims the data folder for this process; two launchers on one folder would run two NATS on one log.
 * Errors: Advice when another one runs. Returns a function that releases the folder.
 * @param {string} folder @param {string} url where this one will answer
 */
export async function claim(folder, url) {
  const file = join(folder, INSTANCE_FILE)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await withLock(join(folder, '.claim'), async () => {
    const held = await read(file)
    if (held && !isGone(held, await birthOf(held.pid))) {
      throw new Advice(
        `Beseda already runs from this folder at ${held.url}: open that, or stop process ${held.pid} first.`,
      )
    }
    const birth = (await birthOf(process.pid)) ?? ''
    await writeFile(file, JSON.stringify({ pid: process.pid, birth, url }))
  })
  return () => rm(file, { force: true })
}

/** @param {string} file @returns {Promise<Instance | undefined>} */
async function read(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    // Missing, or half written by a process that was killed: nobody holds it.
    return undefined
  }
}
