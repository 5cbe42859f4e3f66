import { type EventBody, MemoryEventStore, Projection, SqliteView } from '@beseda/event-log'
import { MessageDeletedSchema, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { CommitRedactedSchema, EventSchema, KeptEventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { afterEach, expect, test } from 'vitest'
import { laneEntry } from '../../../testing/log-entries.js'
import { contentsView } from '../adapters/views/contents-view.js'
import { SqliteContents } from '../adapters/views/sqlite-contents.js'
import type { Outgoing } from '../domain/outgoing.js'
import type { Checkpoints, ExportObserver, Position, Sinks, StoredCheckpoint } from './ports.js'
import { StreamExport } from './stream-export.js'

const STREAM = 'HISTORY_0'
const posted = (messageId: string): EventBody => ({
  case: 'messagePosted',
  value: create(MessagePostedSchema, { messageId, text: `says ${messageId}` }),
})
const deleted = (messageId: string): EventBody => ({
  case: 'messageDeleted',
  value: create(MessageDeletedSchema, { messageId }),
})
const redacted = (seq: number, index: number, body: EventBody): EventBody => {
  const kept = [create(KeptEventSchema, { seq: BigInt(seq), index, event: create(EventSchema, { body }) })]
  return { case: 'commitRedacted', value: create(CommitRedactedSchema, { seq: BigInt(seq), kept }) }
}

/** The checkpoints of one log, shared by all exporters of a test. */
class Bucket implements Checkpoints {
  stored: StoredCheckpoint | undefined
  get = async () => this.stored
  put = async (_: string, position: Position, holder: string, revision: number) => {
    if ((this.stored?.revision ?? 0) !== revision) return undefined
    this.stored = { ...position, holder, revision: revision + 1 }
    return this.stored.revision
  }
}

/** What has arrived, in order: `<seq>/<index>`, or the message that was erased. */
const nameOf = (outgoing: Outgoing): string => {
  if (outgoing.kind === 'event') return `${outgoing.placed.place.seq}/${outgoing.placed.place.index}`
  return outgoing.kind === 'erased' ? `erased ${outgoing.messageId}` : 'pulse'
}

let stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()))
  stops = []
})

function world() {
  const store = new MemoryEventStore()
  const bucket = new Bucket()
  const arrived: string[] = []
  const told: string[] = []
  let failures = 0
  let commits = 0
  const append = async (...bodies: EventBody[]) => {
    const { subject, commit } = laneEntry('g', 'messages', bodies, { at: ++commits })
    await store.append({ stream: STREAM, subject, commit })
  }
  const sinks: Sinks = {
    kind: 'memory',
    name: 'memory',
    pulseMs: undefined,
    open: async () => ({
      send: async (batch) => {
        if (failures-- > 0) throw new Error('away')
        arrived.push(...batch.map(nameOf))
      },
      close: async () => undefined,
    }),
  }
  const observer: ExportObserver = {
    sent: () => undefined,
    position: () => undefined,
    sinkFailed: () => void told.push('sink failed'),
    interrupted: (_, error) => void told.push(`interrupted: ${error}`),
    taken: () => void told.push('taken'),
    outrun: () => void told.push('outrun'),
    elsewhere: () => undefined,
    newEpoch: () => void told.push('new epoch'),
  }
  function start(holder: string, acceptEpoch = false) {
    const view = SqliteView.open(':memory:', contentsView)
    const projection = new Projection({
      store,
      view,
      streams: [STREAM],
      onFailure: (error) => told.push(String(error)),
    })
    projection.start()
    const end = new AbortController()
    const contents = new SqliteContents(projection)
    const deps = { store, contents, checkpoints: bucket, sinks, observer, holder, acceptEpoch }
    const running = new StreamExport(STREAM, deps, false).run(end.signal)
    const stop = async () => {
      end.abort()
      await running
      await projection.stop()
    }
    stops.push(stop)
    return { stop: () => stop().finally(() => (stops = stops.filter((one) => one !== stop))) }
  }
  const fail = (times: number) => {
    failures = times
  }
  return { store, bucket, arrived, told, append, start, fail }
}

test('what an erasure has kept leaves at the place that it had first, and only once', async () => {
  const { store, arrived, append, start } = world()
  await append(posted('gone'), posted('kept'))
  await append(posted('later'))
  await append(deleted('gone'))
  await append(redacted(1, 1, posted('kept')))
  await store.erase(STREAM, 1)
  start('a')
  await expect.poll(() => arrived).toEqual(['1/1', '2/0', '3/0', 'erased gone'])
})

test('an erasure of what has left says what must go, and sends nothing again', async () => {
  const { store, arrived, append, start } = world()
  await append(posted('gone'), posted('kept'))
  await append(posted('later'))
  start('a')
  await expect.poll(() => arrived).toEqual(['1/0', '1/1', '2/0'])
  // Disappearing messages have no deletion of their own.
  await append(redacted(1, 1, posted('kept')))
  await store.erase(STREAM, 1)
  await append(posted('last'))
  await expect.poll(() => arrived).toEqual(['1/0', '1/1', '2/0', 'erased gone', '4/0'])
})

test('a sink that fails gets the same records again, and nothing is skipped', async () => {
  const { arrived, told, append, start, fail, bucket } = world()
  fail(1)
  await append(posted('a'))
  await append(posted('b'))
  start('a')
  await expect.poll(() => arrived).toEqual(['1/0', '2/0'])
  await expect.poll(() => bucket.stored?.seq).toBe(2)
  expect(told).toEqual(['taken', 'sink failed'])
})

test('the next exporter goes on where the one before has let go', async () => {
  const { arrived, append, start, bucket } = world()
  await append(posted('a'))
  const first = start('a')
  await expect.poll(() => bucket.stored?.seq).toBe(1)
  await first.stop()
  await append(posted('b'))
  start('b')
  await expect.poll(() => arrived).toEqual(['1/0', '2/0'])
  expect(bucket.stored?.holder).toBe('b')
})

test('a log that was created anew is not exported before the operator says so', async () => {
  const { arrived, told, append, start, bucket } = world()
  bucket.stored = { epoch: 'another', seq: 9, holder: '', revision: 1 }
  await append(posted('a'))
  const careful = start('a')
  await expect.poll(() => told).toEqual(['new epoch'])
  expect(arrived).toEqual([])
  await careful.stop()
  start('b', true)
  await expect.poll(() => arrived).toEqual(['1/0'])
})
