import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { S3Blobs } from '@beseda/platform'
import { FINISHED, MANIFEST, verify } from './backup.mjs'

/** S3 takes 10,000 parts of one object: streams of up to 640 GB; two parts are in memory. */
const PART_BYTES = 64 * 1024 * 1024

/** @typedef {Readonly<Record<string, string | undefined>>} Environment */

/**
 * A place for backups in a bucket of any S3-compatible store: `s3://bucket/prefix`. The server and the keys come from the environment, which
 * no list of processes shows. Errors: a sentence.
 * @param {string} address @param {Environment} env
 */
function openBucket(address, env) {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(address) ?? []
  if (!bucket) throw new Error(`"${address}" is not a place in a bucket, as s3://bucket/prefix.`)
  const { BACKUP_S3_ENDPOINT: endpoint, BACKUP_S3_ACCESS_KEY: accessKeyId, BACKUP_S3_SECRET_KEY: secretAccessKey } = env
  if (!endpoint || !accessKeyId || !secretAccessKey)
    throw new Error('s3:// needs BACKUP_S3_ENDPOINT, BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY.')
  const region = env.BACKUP_S3_REGION || 'us-east-1'
  const url = `${endpoint.replace(/\/+$/, '')}/${bucket}`
  const blobs = new S3Blobs({ url, region, accessKeyId, secretAccessKey }, { partBytes: PART_BYTES })
  return { blobs, prefix: prefix === '' ? '' : `${prefix}/` }
}

/**
 * Copies a finished backup into a bucket, its manifest last: what has no manifest is no backup. Keeps the `keep` newest there.
 * @param {string} folder @param {string} address @param {{ keep?: number | undefined, env: Environment }} options @returns {Promise<string>} where it is
 */
export async function copyToBucket(folder, address, { keep, env }) {
  const { blobs, prefix } = openBucket(address, env)
  const { streams } = await verify(folder)
  const name = basename(folder)
  for (const file of [...streams.map((stream) => basename(stream.file)), MANIFEST]) {
    const content = Readable.toWeb(createReadStream(join(folder, file)))
    await blobs.put(`${prefix}${name}/${file}`, /** @type {ReadableStream<Uint8Array>} */ (content), {})
  }
  if (keep !== undefined) {
    const names = await backupsIn(blobs, prefix)
    for (const old of names.slice(0, Math.max(0, names.length - keep))) await remove(blobs, `${prefix}${old}/`)
  }
  return `${address.replace(/\/+$/, '')}/${name}`
}

/** The finished backups of a place, the newest last. @param {string} address @param {Environment} env */
export async function listBucket(address, env) {
  const { blobs, prefix } = openBucket(address, env)
  return backupsIn(blobs, prefix)
}

/**
 * Brings a backup from a bucket into a new folder below `target`, which appears only when it is whole. Errors: a sentence.
 * @param {string} address @param {string} target @param {Environment} env @returns {Promise<string>} the folder
 */
export async function fetchFromBucket(address, target, env) {
  const { blobs, prefix } = openBucket(address, env)
  const name = basename(prefix)
  const folder = join(target, name)
  if (existsSync(folder)) return folder
  const partial = `${folder}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  const load = async (/** @type {string} */ file) => {
    const content = await blobs.read(`${prefix}${file}`)
    if (!content) throw new Error(`${address} is not a backup: it has no ${file}.`)
    const out = createWriteStream(join(partial, file), { mode: 0o600 })
    await pipeline(Readable.fromWeb(/** @type {any} */ (content)), out)
  }
  await load(MANIFEST)
  /** @type {import('./backup.mjs').Manifest} */
  const { streams } = JSON.parse(await readFile(join(partial, MANIFEST), 'utf8'))
  for (const { file } of streams) await load(basename(file))
  await verify(partial)
  await rename(partial, folder)
  return folder
}

/** @param {S3Blobs} blobs @param {string} prefix */
async function backupsIn(blobs, prefix) {
  const names = (await blobs.list(prefix)).map((blob) => blob.name.slice(prefix.length).split('/'))
  const whole = names.filter(([name = '', file]) => FINISHED.test(name) && file === MANIFEST)
  return whole.map(([name = '']) => name).sort((a, b) => (a < b ? -1 : 1))
}

/** The manifest goes first: what is left of an interrupted removal is no backup. @param {S3Blobs} blobs @param {string} prefix */
async function remove(blobs, prefix) {
  await blobs.delete(`${prefix}${MANIFEST}`)
  for (const { name } of await blobs.list(prefix)) await blobs.delete(name)
}
