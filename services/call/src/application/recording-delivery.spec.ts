import { beforeEach, expect, test } from 'vitest'
import { refusalOf } from '../../../testing/calls.js'
import { leave, renew } from '../domain/call.js'
import { record, stopRecording } from '../domain/recording.js'
import type { CallSession } from '../domain/session.js'
import { active, ann, bob, groupCall } from '../domain/testing.js'
import { type RecordingDocument, RecordingDocuments } from './ports.js'
import { RecordingDelivery } from './recording-delivery.js'

const START = 3_000
const MINUTE = 60_000

class MemoryRecordings extends RecordingDocuments {
  readonly all = new Map<string, RecordingDocument>()
  async get(id: string) {
    return this.all.get(id)
  }
  async update<Result>(
    id: string,
    change: (document: RecordingDocument | undefined) => {
      readonly document: RecordingDocument | undefined
      readonly result: Result
    },
  ) {
    const changed = change(this.all.get(id))
    if (changed.document) this.all.set(id, changed.document)
    else this.all.delete(id)
    return changed
  }
  async due(now: number) {
    return [...this.all.values()].filter(({ lookAt }) => lookAt <= now).map(({ id }) => id)
  }
  async settle() {}
}

let documents: MemoryRecordings
let session: CallSession | undefined
let posted: string[]
let failure: Error | undefined
let delivery: RecordingDelivery
beforeEach(() => {
  documents = new MemoryRecordings()
  session = record(active(groupCall), 'c', ann, { id: 'r', commandId: 'do', soundOnly: true }, START).session
  posted = []
  failure = undefined
  const poster = {
    post: async ({ id, userId, soundOnly }: RecordingDocument) => {
      if (failure) throw failure
      posted.push(`${id} of ${userId}${soundOnly ? ', sound' : ''}`)
    },
  }
  delivery = new RecordingDelivery(documents, { find: async () => session }, poster)
})
const piece = (now: number, device = ann) => refusalOf(delivery.authorize('g', 'r', device, now))
/** Looks every second, as the service does; what is begun by that goes on as far as it can. */
async function pass(from: number, to: number): Promise<void> {
  for (let now = from; now <= to; now += 1_000) {
    await delivery.sweep(now)
    await new Promise(setImmediate)
  }
}
const stop = () => {
  session = session && stopRecording(session, 'r').session
}

test('pieces are taken from the device that records, while it does and a minute longer', async () => {
  expect(await piece(START)).toBe('accepted')
  expect(await piece(START, bob)).toBe('RECORDING_NOT_FOUND')
  expect(await piece(START, { ...ann, deviceId: 'another' })).toBe('RECORDING_NOT_FOUND')
  expect(await refusalOf(delivery.authorize('g', 'unknown', ann, START))).toBe('RECORDING_NOT_FOUND')
  await pass(START, START + 10 * MINUTE)
  expect([await piece(START), posted]).toEqual(['accepted', []])
  stop()
  const end = START + 10 * MINUTE
  await pass(end, end + MINUTE - 3_000)
  expect([await piece(end), posted]).toEqual(['accepted', []])
  await pass(end + MINUTE - 2_000, end + MINUTE)
  expect([await piece(end + MINUTE), posted]).toEqual(['RECORDING_NOT_FOUND', ['r of ann, sound']])
})

test('it is posted at once when the device has sent everything, but not before it has ended', async () => {
  await piece(START)
  await delivery.finish('r', ann, START)
  await pass(START, START + 5_000)
  expect(posted).toEqual([])
  stop()
  expect(await refusalOf(delivery.finish('r', bob, START))).toBe('RECORDING_NOT_FOUND')
  await delivery.finish('r', ann, START + 6_000)
  await pass(START + 6_000, START + 6_000)
  expect(posted).toEqual(['r of ann, sound'])
  expect(await refusalOf(delivery.finish('r', ann, START + 6_000))).toBe('RECORDING_NOT_FOUND')
})

test('a device that died is waited for from when it was last seen, whenever its recording ends', async () => {
  await piece(START)
  await pass(START, START + 4_000)
  // Its lease has run out: it is away, and its recording goes on.
  const [mine] = session?.participants ?? []
  const away = mine ? [{ ...ann, joinedAt: mine.joinedAt, epoch: mine.epoch, until: START + 5 * MINUTE }] : []
  session = session && { ...session, participants: session.participants.slice(1), away }
  await pass(START + 5_000, START + MINUTE + 10_000)
  expect(posted).toEqual([])
  session = session && leave(session, 'c', ann, START).session
  await pass(START + MINUTE + 11_000, START + MINUTE + 13_000)
  expect(posted).toEqual(['r of ann, sound'])
})

test('what cannot be posted now is posted later, by one replica at a time', async () => {
  await piece(START)
  stop()
  await delivery.finish('r', ann, START)
  failure = new Error('the group service does not answer')
  // A round says what has failed before or in it.
  await expect(pass(START, START).then(() => pass(START, START))).rejects.toThrow('recording r')
  failure = undefined
  await pass(START + 1_000, START + 2 * MINUTE)
  expect(posted).toEqual([])
  await pass(START + 2 * MINUTE, START + 4 * MINUTE)
  expect(posted).toHaveLength(1)
  expect(documents.all.size).toBe(0)
})

test('a file that is long in the making holds up no other; four are made at once, and the rest take turns', async () => {
  const ids = ['slow', 'b', 'c', 'd', 'e', 'f']
  const over = { ...ann, groupId: 'gone', startedAt: START, soundOnly: false, seenAt: START, lookAt: START }
  for (const id of ids) documents.all.set(id, { ...over, id, whole: true, closed: false, postAt: 0 })
  const making = new Map<string, () => void>()
  const post = ({ id }: RecordingDocument) => new Promise<void>((resolve) => making.set(id, resolve))
  const slow = new RecordingDelivery(documents, { find: async () => undefined }, { post })
  const round = async (now: number) => {
    await slow.sweep(now)
    await new Promise(setImmediate)
  }
  await round(START)
  await round(START + 1_000)
  expect([...making.keys()]).toEqual(['slow', 'b', 'c', 'd'])
  // They are over, whether or not it is their turn.
  expect(documents.all.get('f')?.closed).toBe(true)
  for (const id of ['b', 'c']) making.get(id)?.()
  await new Promise(setImmediate)
  await round(START + 4_000)
  expect([...making.keys()]).toEqual(ids)
  expect([...documents.all.keys()]).toEqual(['slow', 'd', 'e', 'f'])
  // Another process begins nothing that this one has begun; nor does one of the release before, which only knows when it is looked at.
  expect(documents.all.get('slow')?.lookAt).toBeGreaterThan(START + 120_000)
  making.clear()
  const other = new RecordingDelivery(documents, { find: async () => undefined }, { post })
  await other.sweep(START + 8_000)
  await new Promise(setImmediate)
  expect([...making.keys()]).toEqual([])
})

test('after Redis was lost, the first piece makes it something to deliver again', async () => {
  session = session && renew(session, 'c', ann, 0, START).session
  const { recording } = session ?? {}
  session = session && recording && { ...session, recording: { ...recording, deviceId: '' } }
  expect(await piece(START)).toBe('accepted')
  expect(documents.all.get('r')).toMatchObject({ ...ann, groupId: 'g', soundOnly: true })
})
