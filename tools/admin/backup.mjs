import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { MAIL_QUEUES } from '@beseda/proto'
import { noteBackup } from './epoch.mjs'
import { managerOf } from './manager.mjs'
import { checksum, snapshot } from './snapshot.mjs'

/** @typedef {import('@nats-io/transport-node').NatsConnection} NatsConnection */
/** @typedef {import('./snapshot.mjs').Snapshot & { name: string, file: string }} Entry */
/** @typedef {{ version: 1, createdAt: string, server: string, streams: Entry[] }} Manifest */

export const MANIFEST = 'manifest.json'
/** Name of a finished backup: its time, in characters that every file system accepts. */
export const FINISHED = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}$/

/**
 * Data that refers to other data is saved first: a history names people and files, so those are saved last and are never missing.
 * @param {string} name
 */
const order = (name) =>
  ['HISTORY_', 'PERSONAL_', 'PEOPLE', 'IDENTITY'].findIndex((prefix) => name.startsWith(prefix)) + 1 || 9

/**
 * Every stream of the installation but the queues of letters: those of a backup would be sent again, or too late.
 * @param {NatsConnection} nc @returns {Promise<string[]>}
 */
export async function streamNames(nc) {
  const manager = await managerOf(nc)
  const names = []
  const letters = new Set(Object.values(MAIL_QUEUES).map(({ stream }) => /** @type {string} */ (stream)))
  for await (const name of manager.streams.names()) if (!letters.has(name)) names.push(name)
  return names.sort((a, b) => order(a) - order(b) || a.localeCompare(b, 'en'))
}

/**
 * Backs up every stream into a new folder below `target`, which appears only when it is complete; records the time in the streams and keeps the `keep` newest backups.
 * A backup that `copy` could not bring elsewhere is not recorded: the alert then tells of it.
 * @param {NatsConnection} nc @param {string} target @param {{ keep?: number | undefined, now?: Date, copy?: (folder: string) => Promise<unknown> }} options @returns {Promise<string>} the folder
 */
export async function backUp(nc, target, { keep, now = new Date(), copy } = {}) {
  const folder = freeFolder(target, now)
  const partial = `${folder}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  /** @type {Entry[]} */
  const streams = []
  for (const name of await streamNames(nc)) {
    const file = `${name}.snapshot`
    streams.push({ name, file, ...(await snapshot(nc, name, join(partial, file))) })
  }
  /** @type {Manifest} */
  const manifest = { version: 1, createdAt: now.toISOString(), server: nc.info?.version ?? '', streams }
  await writeFile(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
  await rename(partial, folder)
  if (keep !== undefined) await forget(target, keep)
  await copy?.(folder)
  await noteBackup(
    nc,
    streams.map(({ name }) => name),
    now,
  )
  return folder
}

/** Named by the second; a second backup within one second gets the next second. @param {string} target @param {Date} now @returns {string} */
function freeFolder(target, now) {
  const folder = join(target, now.toISOString().slice(0, 19).replaceAll(':', '-'))
  return existsSync(folder) ? freeFolder(target, new Date(now.getTime() + 1_000)) : folder
}

/** @param {string} target @param {number} keep */
async function forget(target, keep) {
  const finished = (await readdir(target)).filter((name) => FINISHED.test(name)).sort()
  for (const name of finished.slice(0, Math.max(0, finished.length - keep))) {
    await rm(join(target, name), { recursive: true })
  }
}

/** Verifies the files of a backup and returns its manifest. Errors: a sentence. @param {string} folder @returns {Promise<Manifest>} */
export async function verify(folder) {
  const file = join(folder, MANIFEST)
  if (!existsSync(file)) throw new Error(`${folder} is not a backup: it has no ${MANIFEST}.`)
  /** @type {Manifest} */
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  if (manifest.version !== 1) throw new Error(`${folder} was made by a newer version.`)
  for (const { file: name, bytes, sha256 } of manifest.streams) {
    const found = await checksum(join(folder, basename(name)))
    if (found.bytes !== bytes || found.sha256 !== sha256) throw new Error(`${name} of ${folder} is damaged.`)
  }
  return manifest
}
