import { managerOf } from './manager.mjs'
import { makeMirrors } from './mirrors.mjs'

/** @typedef {import('@nats-io/transport-node').NatsConnection} NatsConnection */
/** @typedef {import('@nats-io/jetstream').JetStreamManager} JetStreamManager */
/** @typedef {import('@nats-io/jetstream').StreamConfig} StreamConfig */

const SUFFIX = '_REWRITTEN'
/** Key of the metadata of a copy: the configuration of the stream that it is a copy of. */
const ORIGINAL = 'beseda-original'

/**
 * The streams that keep the newest value of each subject, and copies that an interrupted run has left. What was replaced in them stays on
 * the disk until the server writes its block anew, which it may never do.
 * @param {NatsConnection} nc @returns {Promise<string[]>}
 */
export async function streamsOfNewest(nc) {
  const manager = await managerOf(nc)
  const names = new Set()
  for await (const { config } of manager.streams.list())
    if (config.name.endsWith(SUFFIX)) names.add(config.name.slice(0, -SUFFIX.length))
    else if (config.max_msgs_per_subject === 1) names.add(config.name)
  return [...names].sort((a, b) => a.localeCompare(b, 'en'))
}

/**
 * Writes a stream anew: into a copy with the messages that count, under the same sequences, and from there back. Nothing may write to it
 * meanwhile. A run that was interrupted is taken up again: at every moment the stream or its copy is whole.
 * @param {NatsConnection} nc @param {string} name @returns {Promise<number>} how many messages it has
 */
export const rewrite = (nc, name) => rewriteFrom(nc, name)

/**
 * The same with the messages of another stream, which has them under the same sequences.
 * @param {NatsConnection} nc @param {string} name @param {{ source: string, transform?: { src: string, dest: string } }} [from] @returns {Promise<number>}
 */
export async function rewriteFrom(nc, name, from = { source: name }) {
  const manager = await managerOf(nc)
  const copy = `${name}${SUFFIX}`
  const started = await find(manager, copy)
  // Beside another source, a copy is one of an earlier run that did not know it.
  if (!started || started.config.mirror || from.source !== name) await makeCopy(manager, name, copy, from)
  const { config, state } = await manager.streams.info(copy)
  /** @type {StreamConfig} */
  const original = JSON.parse(config.metadata?.[ORIGINAL] ?? '')
  if (await find(manager, name)) await manager.streams.delete(name)
  await mirror(manager, { ...original, name }, copy)
  await manager.streams.update(name, { ...original, mirror: undefined })
  await manager.streams.delete(copy)
  return state.messages
}

/** @param {JetStreamManager} manager @param {string} name @param {string} copy @param {{ source: string, transform?: { src: string, dest: string } }} from */
async function makeCopy(manager, name, copy, { source, transform }) {
  const { config } = await manager.streams.info(name)
  const metadata = { ...config.metadata, [ORIGINAL]: JSON.stringify(config) }
  if (await find(manager, copy)) await manager.streams.delete(copy)
  await mirror(manager, { ...config, name: copy, metadata }, source, transform)
  // From now on it is a stream of its own, and whole.
  await manager.streams.update(copy, { mirror: undefined })
}

/**
 * Creates a stream that follows another one, and waits until it has all of it.
 * @param {JetStreamManager} manager @param {StreamConfig} config @param {string} from @param {{ src: string, dest: string }} [transform]
 */
async function mirror(manager, { subjects: _, republish: __, ...config }, from, transform) {
  const { state } = await manager.streams.info(from)
  const of = { name: from, ...(transform ? { subject_transforms: [transform] } : {}) }
  await makeMirrors(manager, [{ ...config, mirror: of }], state.messages)
}

/** @param {JetStreamManager} manager @param {string} name */
export async function find(manager, name) {
  try {
    return await manager.streams.info(name)
  } catch (error) {
    if (error instanceof Error && /stream not found/i.test(error.message)) return undefined
    throw error
  }
}
