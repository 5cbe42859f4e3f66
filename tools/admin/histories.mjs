import { JetStreamEventStore } from '@beseda/event-log'
import { historyStream, PEOPLE_STREAM, parseHistorySubject, parsePeopleSubject, RETENTION_STREAM } from '@beseda/proto'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { withoutLeftovers } from '@beseda/rules'
import { toBinary } from '@bufbuild/protobuf'
import { jetstream } from '@nats-io/jetstream'
import { managerOf } from './manager.mjs'
import { find, rewriteFrom } from './rewrite.mjs'

/** @typedef {import('@nats-io/transport-node').NatsConnection} NatsConnection */
/** @typedef {import('@beseda/event-log').EventStore} EventStore */
/** @typedef {import('@beseda/event-log').StoredCommit} StoredCommit */
/** What has ended, and what legal holds keep. `groups` and `people`: their ids. */
/** @typedef {{ ended: Set<string>, gone: Set<string>, groups: Set<string>, people: Set<string> }} Ends */

/** Commits and bytes of one read: bounds the memory. */
const PAGE = { limit: 500, enough: 1 << 20 }
const LANES = ['group', 'roster']

/**
 * Writes the histories anew in which a deleted group or account has left texts (ADR 101): names, topics, notes, reasons. Every commit keeps its sequence, so
 * cursors and views stay true. Nothing may write to the log meanwhile. Yields each stream with the number of commits that lose texts.
 * @param {NatsConnection} nc @param {number} partitions @returns {AsyncGenerator<{ name: string, emptied: number }>}
 */
export async function* rewriteHistories(nc, partitions) {
  const manager = await managerOf(nc)
  const store = await JetStreamEventStore.open(nc)
  const ends = await endsIn(store)
  for (let partition = 0; partition < partitions; partition++) {
    const name = historyStream(partition)
    // Of a run that was interrupted.
    if (await find(manager, writtenOf(name))) await manager.streams.delete(writtenOf(name))
    const emptied = await leftoversIn(store, partition, ends)
    if (emptied.size > 0) await writeAnew(nc, store, name, emptied)
    yield { name, emptied: emptied.size }
  }
}

const writtenOf = (/** @type {string} */ name) => `${name}_WRITTEN`

/** @param {EventStore} store @param {string} stream @param {string} [filter] @returns {AsyncGenerator<StoredCommit>} */
async function* commitsOf(store, stream, filter) {
  for (let afterSeq = 0; ; ) {
    const page = await store.read(stream, { afterSeq, ...PAGE, ...(filter ? { filter } : {}) })
    yield* page
    const last = page.at(-1)
    if (!last) return
    afterSeq = last.seq
  }
}

/** @param {EventStore} store @returns {Promise<Ends>} */
async function endsIn(store) {
  const ends = { ended: new Set(), gone: new Set(), groups: new Set(), people: new Set() }
  for await (const { subject, commit } of commitsOf(store, PEOPLE_STREAM))
    if (commit.events.some(({ body }) => body.case === 'personGone')) ends.gone.add(parsePeopleSubject(subject)?.userId)
  for await (const { commit } of commitsOf(store, RETENTION_STREAM))
    for (const { body } of commit.events) {
      if (body.case !== 'holdChanged') continue
      const { groupId, userId, held } = body.value
      const [ids, id] = userId ? [ends.people, userId] : [ends.groups, groupId]
      if (held) ids.add(id)
      else ids.delete(id)
    }
  return ends
}

/**
 * Commits of a partition that lose texts, by sequence, as they are stored from now on.
 * @param {EventStore} store @param {number} partition @param {Ends} ends @returns {Promise<Map<number, Uint8Array>>}
 */
async function leftoversIn(store, partition, ends) {
  const name = historyStream(partition)
  const filters = LANES.map((lane) => `history.${partition}.*.${lane}`)
  for (const filter of filters)
    for await (const { subject, commit } of commitsOf(store, name, filter))
      if (commit.events.some(({ body }) => body.case === 'groupDeleted')) ends.ended.add(groupOf(subject))
  const emptied = new Map()
  for (const filter of filters)
    for await (const { subject, seq, commit } of commitsOf(store, name, filter)) {
      const [ended, held] = [ends.ended.has(groupOf(subject)), ends.groups.has(groupOf(subject))]
      const known = { ended, held, isGone: ofIds(ends.gone), isHeld: ofIds(ends.people) }
      const events = commit.events.map((event) => withoutLeftovers(event, known))
      if (events.every((event, i) => event === commit.events[i])) continue
      emptied.set(seq, toBinary(CommitSchema, { ...commit, events }))
    }
  return emptied
}

const ofIds = (/** @type {Set<string>} */ ids) => (/** @type {string} */ id) => ids.has(id)
const groupOf = (/** @type {string} */ subject) => parseHistorySubject(subject)?.groupId ?? ''

/**
 * The stream with other commits at some sequences. JetStream changes no stored message, so a second stream is written, message by message; what an erasure
 * has removed is a gap in it as well.
 * @param {NatsConnection} nc @param {EventStore} store @param {string} name @param {Map<number, Uint8Array>} emptied
 */
async function writeAnew(nc, store, name, emptied) {
  const manager = await managerOf(nc)
  const { config, state } = await manager.streams.info(name)
  const { republish: _, ...shape } = config
  const written = writtenOf(name)
  const root = `rewriting.${name}`
  await manager.streams.add({ ...shape, name: written, subjects: [`${root}.>`], first_seq: state.first_seq })
  const publish = publisher(nc, state.first_seq)
  const gap = `${root}.gap`
  let next = state.first_seq
  for await (const { subject, seq, bytes } of commitsOf(store, name)) {
    for (; next < seq; next++) await publish(gap, new Uint8Array())
    await publish(`${root}.${subject}`, emptied.get(seq) ?? bytes)
    next++
  }
  for (; next <= state.last_seq; next++) await publish(gap, new Uint8Array())
  await publish.finish()
  await manager.streams.purge(written, { filter: gap })
  const { state: now } = await manager.streams.info(written)
  const isWhole = ['first_seq', 'last_seq', 'messages'].every(
    (key) => Reflect.get(now, key) === Reflect.get(state, key),
  )
  if (!isWhole) throw new Error(`${written} is not what ${name} was: nothing has changed, repeat the command.`)
  await rewriteFrom(nc, name, { source: written, transform: { src: `${root}.>`, dest: '>' } })
  await manager.streams.delete(written)
}

/** How many messages are on their way at once. More: more memory; fewer: the server waits. */
const IN_FLIGHT = 1_000

/** Publishes in order, and checks that each message has got the sequence that it must have. @param {NatsConnection} nc @param {number} first */
function publisher(nc, first) {
  const js = jetstream(nc)
  let next = first
  /** @type {Promise<void>[]} */
  let underWay = []
  const finish = async () => {
    await Promise.all(underWay)
    underWay = []
  }
  const publish = async (/** @type {string} */ subject, /** @type {Uint8Array} */ bytes) => {
    const wanted = next++
    underWay.push(
      js.publish(subject, bytes, { timeout: 30_000, retries: 0 }).then(({ seq }) => {
        if (seq !== wanted)
          throw new Error(`A message got the sequence ${seq} instead of ${wanted}: repeat the command.`)
      }),
    )
    if (underWay.length >= IN_FLIGHT) await finish()
  }
  return Object.assign(publish, { finish })
}
