import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInbox } from '@nats-io/transport-node'

/** @typedef {import('@nats-io/transport-node').NatsConnection} NatsConnection */
/** The content of a snapshot's file. `config` and `state` are JetStream's own. */
/** @typedef {{ bytes: number, sha256: string, config: Record<string, any>, state: Record<string, any> }} Snapshot */

/** Size of one chunk; the bus accepts messages of up to 1 MB. */
const CHUNK_BYTES = 128 * 1024
/** Longest wait for the next chunk before the server is considered gone. */
const SILENCE_MS = 30_000

/** @param {NatsConnection} nc @param {string} verb @param {string} stream @param {object} request @returns {Promise<any>} */
async function api(nc, verb, stream, request) {
  const answer = await nc.request(`$JS.API.STREAM.${verb}.${stream}`, JSON.stringify(request), { timeout: SILENCE_MS })
  const body = answer.json()
  if (body.error) throw new Error(`${verb} of ${stream}: ${body.error.description}`)
  return body
}

/**
 * Writes a snapshot of a stream to a file: a tar compressed by the server, with its checksum. Appends to the stream continue
 * meanwhile. @param {NatsConnection} nc @param {string} stream @param {string} file @returns {Promise<Snapshot>}
 */
export async function snapshot(nc, stream, file) {
  const inbox = createInbox(INBOX)
  const chunks = nc.subscribe(inbox)
  const hash = createHash('sha256')
  const out = createWriteStream(file, { mode: 0o600 })
  let bytes = 0
  const timer = setTimeout(() => chunks.unsubscribe(), SILENCE_MS)
  try {
    const request = { deliver_subject: inbox, chunk_size: CHUNK_BYTES, no_consumers: true, jsck: true }
    const { config, state } = await api(nc, 'SNAPSHOT', stream, request)
    for await (const chunk of chunks) {
      timer.refresh()
      if (chunk.data.length === 0) {
        const status = chunk.headers?.code ?? 0
        if (status >= 400) throw new Error(`snapshot of ${stream}: ${chunk.headers?.description}`)
        out.end()
        await once(out, 'close')
        return { bytes, sha256: hash.digest('hex'), config, state }
      }
      hash.update(chunk.data)
      bytes += chunk.data.length
      if (!out.write(chunk.data)) await once(out, 'drain')
      // The server sends more when a chunk is acknowledged.
      chunk.respond()
    }
    throw new Error(`snapshot of ${stream}: the server stopped answering`)
  } finally {
    clearTimeout(timer)
    chunks.unsubscribe()
    out.destroy()
  }
}

/** Replies arrive below the user's own prefix. */
const INBOX = '_INBOX.admin'

/** @param {string} file @returns {Promise<{ bytes: number, sha256: string }>} */
export async function checksum(file) {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/**
 * Creates a stream from a snapshot's file. There must be none of its name.
 * @param {NatsConnection} nc @param {string} file @param {Pick<Snapshot, 'config' | 'state'>} snapshot
 */
export async function restore(nc, file, { config, state }) {
  const { deliver_subject: subject } = await api(nc, 'RESTORE', config.name, { config, state })
  const send = async (/** @type {Uint8Array} */ data) => {
    const answer = await nc.request(subject, data, { timeout: SILENCE_MS })
    const body = answer.data.length > 0 ? /** @type {any} */ (answer.json()) : {}
    if (body.error) throw new Error(`restore of ${config.name}: ${body.error.description}`)
  }
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) await send(chunk)
  await send(new Uint8Array())
}
