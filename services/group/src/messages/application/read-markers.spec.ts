import { commandCommit, MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { personalStream, readSubject, seenSubject, userSubject } from '@beseda/proto'
import { CallStartedSchema } from '@beseda/proto/call/v1/events'
import { SeenSchema, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind, NewcomerHistory, ReadMarkedSchema } from '@beseda/proto/group/v1/events'
import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { MemberLeftSchema, MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create, fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { groupWorld, settingsChanged } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import type { Position } from '../domain/read-marks.js'
import { type MarkRead, ReadMarkers } from './read-markers.js'

const NOW = new Date(1_000_000)
const signal = new AbortController().signal
const callerOf = (userId: string) => ({ commandId: newId(), userId, now: NOW, traceparent: undefined, signal })

async function world(...args: Parameters<typeof groupWorld>) {
  const parts = await groupWorld(...args)
  const { history, access, groups, messages, markers: store } = parts
  const published: { readonly subject: string; readonly bytes: Uint8Array }[] = []
  const publisher = { publish: (subject: string, bytes: Uint8Array) => void published.push({ subject, bytes }) }
  const markers = new ReadMarkers(history, access, groups, messages, store, publisher)
  return {
    ...parts,
    published,
    markers,
    /** `backs` undefined: by a device of an earlier release. */
    read: async (groupId: string, threadId: string, place: Position, userId: string, rest: Partial<MarkRead> = {}) =>
      (await markers.markRead({ groupId, threadId, place, backs: 0, ...rest }, callerOf(userId))) as ReadState,
    post: async (groupId: string, authorId: string, text = 'hello', threadId = '') => {
      const content = { text, replyTo: '', threadId, attachments: [], forward: undefined }
      const who = { messageId: newId(), groupId, authorId, now: NOW, traceparent: undefined, signal }
      return (await parts.posting.post({ ...who, ...content })).place
    },
    marks: (groupId: string, userId: string) =>
      parts.store.read(personalStream(0), { afterSeq: 0, filter: readSubject(0, groupId, userId), limit: 100 }),
  }
}

test('a mark counts what comes after it, but for one’s own messages', async () => {
  const { found, post, markers, read } = await world()
  const bob = newId()
  const groupId = await found(['ann', bob])
  await post(groupId, 'ann')
  const second = await post(groupId, 'ann')
  await post(groupId, 'ann', `<@${bob}>`)
  await post(groupId, bob)
  expect(await markers.states({ groupId, minSeq: 0 }, bob, signal)).toMatchObject([{ unread: 3, mentions: 1 }])
  const state = await read(groupId, '', second, bob)
  expect(state).toMatchObject({ readSeq: BigInt(second.seq), unread: 1, mentions: 1 })
  expect(await markers.states({ groupId: '', minSeq: 0 }, bob, signal)).toEqual([state])
})

test('a mention in a thread is read with its thread, not with the main line', async () => {
  const { found, post, markers, marks, read } = await world()
  const bob = newId()
  const groupId = await found(['ann', bob])
  const [one, other] = [await post(groupId, 'ann'), await post(groupId, 'ann')]
  const first = await post(groupId, 'ann', `<@${bob}>`, one.id)
  await post(groupId, 'ann', `<@${bob}>`, other.id)
  const last = await post(groupId, 'ann', `<@${bob}>`, one.id)
  const unread = await read(groupId, '', last, bob)
  expect(unread).toMatchObject({
    unread: 0,
    mentions: 3,
    threads: [
      { threadId: one.id, mentions: 2, firstMentionId: first.id },
      { threadId: other.id, mentions: 1 },
    ],
  })
  const half = await read(groupId, one.id, last, bob)
  expect(half.mentions).toBe(1)
  expect(half.threads).toMatchObject([
    { threadId: one.id, mentions: 0, readSeq: BigInt(last.seq) },
    { threadId: other.id, mentions: 1 },
  ])
  const all = await read(groupId, other.id, last, bob)
  expect(all).toMatchObject({ mentions: 0, threads: [], threadsSeq: BigInt(last.seq) })
  expect(await markers.states({ groupId, minSeq: 0 }, bob, signal)).toEqual([all])
  // Nothing is stored for a thread without an unread mention.
  await read(groupId, one.id, last, bob)
  expect(await marks(groupId, bob)).toHaveLength(3)
})

test('a mark of an earlier release was a mark of the threads, too', async () => {
  const { found, post, markers, store } = await world()
  const bob = newId()
  const groupId = await found(['ann', bob])
  const head = await post(groupId, 'ann')
  const before = await post(groupId, 'ann', `<@${bob}>`, head.id)
  const value = create(ReadMarkedSchema, { seq: BigInt(before.seq), index: before.index })
  const commit = commandCommit({ commandId: newId(), actorId: bob, now: NOW }, [{ case: 'readMarked', value }])
  await store.append({ stream: personalStream(0), subject: readSubject(0, groupId, bob), commit })
  await post(groupId, 'ann', `<@${bob}>`, head.id)
  await vi.waitFor(async () =>
    expect(await markers.states({ groupId, minSeq: 0 }, bob, signal)).toMatchObject([{ mentions: 1 }]),
  )
})

test('whom one has blocked neither counts nor calls', async () => {
  const { found, post, markers, block } = await world()
  const [bob, eve] = [newId(), newId()]
  const groupId = await found(['ann', bob, eve])
  await post(groupId, eve, `<@${bob}>`)
  await post(groupId, 'ann', `<@${bob}>`)
  const states = () => markers.states({ groupId, minSeq: 0, afterBlock: true }, bob, signal)
  expect(await states()).toMatchObject([{ unread: 2, mentions: 2 }])
  await block(bob, eve)
  expect(await states()).toMatchObject([{ unread: 1, mentions: 1 }])
})

test('a mark goes forward only, and not beyond the newest message', async () => {
  const { found, post, marks, read } = await world()
  const groupId = await found(['ann', 'bob'])
  const first = await post(groupId, 'ann')
  const last = await post(groupId, 'ann')
  const far = await read(groupId, '', { seq: 1_000_000, index: 0 }, 'bob')
  expect(far).toMatchObject({ readSeq: BigInt(last.seq), unread: 0 })
  for (const place of [first, last]) {
    expect(await read(groupId, '', place, 'bob')).toMatchObject({ readSeq: BigInt(last.seq) })
  }
  expect(await marks(groupId, 'bob')).toHaveLength(1)
})

test('one’s other devices and the other members are told of a mark that moved, once', async () => {
  const { found, post, published, read } = await world()
  const groupId = await found(['ann', 'bob'])
  const place = await post(groupId, 'ann')
  const state = await read(groupId, '', place, 'bob')
  await read(groupId, '', place, 'bob')
  expect(published.map(({ subject }) => subject)).toEqual([userSubject('bob'), seenSubject(groupId)])
  const [own, others] = published.map(({ bytes }) => bytes)
  expect(own && fromBinary(UserEventSchema, own).event).toEqual({ case: 'readState', value: state })
  const seen = { groupId, userId: 'bob', seq: BigInt(place.seq), index: place.index }
  expect(others && fromBinary(SeenSchema, others)).toMatchObject(seen)
})

test('in a channel nobody learns who has read', async () => {
  const { found, post, markers, published, read } = await world()
  const groupId = await found(['ann', 'bob'], GroupKind.CHANNEL)
  const place = await post(groupId, 'ann')
  await read(groupId, '', place, 'bob')
  expect(published.map(({ subject }) => subject)).toEqual([userSubject('bob')])
  expect(await markers.readers(groupId, place.id, 'ann', signal)).toEqual([])
})

test('readers of a message are members whose mark is there or beyond, not its author', async () => {
  const { found, post, markers, write, read } = await world()
  const groupId = await found(['ann', 'bob', 'eve', 'kim', 'max'])
  const [first, second] = [await post(groupId, 'ann'), await post(groupId, 'ann')]
  for (const userId of ['ann', 'kim', 'bob']) await read(groupId, '', second, userId)
  await read(groupId, '', first, 'eve')
  await write(groupId, 'roster', { case: 'memberLeft', value: create(MemberLeftSchema, { userId: 'kim' }) }, 'kim')
  expect(await markers.readers(groupId, first.id, 'bob', signal)).toEqual(['bob', 'eve'])
  expect(await markers.readers(groupId, second.id, 'bob', signal)).toEqual(['bob'])
})

test('who is no member marks and learns nothing; who cannot see a message is not told who has read it', async () => {
  const { found, post, markers, write, marks, read } = await world()
  const groupId = await found(['ann', 'bob'])
  await write(groupId, 'group', settingsChanged({ newcomerHistory: NewcomerHistory.FROM_JOINING }))
  const place = await post(groupId, 'ann')
  const added = create(MembersAddedSchema, { userIds: ['eve'] })
  await write(groupId, 'roster', { case: 'membersAdded', value: added })
  expect(await refusalOf(markers.readers(groupId, place.id, 'eve', signal))).toBe('MESSAGE_NOT_FOUND')
  expect(await refusalOf(markers.readers(groupId, newId(), 'ann', signal))).toBe('MESSAGE_NOT_FOUND')
  expect(await refusalOf(markers.readers(groupId, place.id, 'kim', signal))).toBe('NOT_A_MEMBER')
  expect(await refusalOf(markers.states({ groupId, minSeq: 0 }, 'kim', signal))).toBe('NOT_A_MEMBER')
  expect(await refusalOf(read(groupId, '', place, 'kim'))).toBe('NOT_A_MEMBER')
  expect(await markers.states({ groupId: '', minSeq: 0 }, 'kim', signal)).toEqual([])
  expect(await marks(groupId, 'kim')).toEqual([])
})

test('a newcomer begins with what comes after them', async () => {
  const { found, post, markers, write } = await world()
  const groupId = await found(['ann'])
  await post(groupId, 'ann')
  const added = create(MembersAddedSchema, { userIds: ['eve'] })
  await write(groupId, 'roster', { case: 'membersAdded', value: added })
  expect(await markers.states({ groupId, minSeq: 0 }, 'eve', signal)).toMatchObject([{ unread: 0 }])
  await post(groupId, 'ann')
  expect(await markers.states({ groupId, minSeq: 0 }, 'eve', signal)).toMatchObject([{ unread: 1 }])
})

test('of marks through two replicas at once the furthest stays', async () => {
  const marking = fc.array(fc.tuple(fc.nat(1), fc.nat(3)), { minLength: 2, maxLength: 5 })
  const property = fc.asyncProperty(fc.scheduler(), marking, async (s, steps) => {
    const store = new MemoryEventStore()
    const quiet = await world({}, store)
    const groupId = await quiet.found(['ann', 'bob'])
    const places: Awaited<ReturnType<typeof quiet.post>>[] = []
    for (let i = 0; i < 4; i++) places.push(await quiet.post(groupId, 'ann'))
    const replicas = [await world({}, store, s), await world({}, store, s)]
    const marks = steps.map(([replica, i]) =>
      replicas[replica]?.read(groupId, '', places[i] ?? { seq: 0, index: 0 }, 'bob'),
    )
    await s.waitFor(Promise.all(marks))
    for (const { stop } of replicas) await stop()
    const furthest = Math.max(...steps.map(([, i]) => places[i]?.seq ?? 0))
    const stored = await quiet.marks(groupId, 'bob')
    const seqs = stored.flatMap(({ commit }) =>
      commit.events.map(({ body }) => (body.case === 'readMarked' ? Number(body.value.seq) : 0)),
    )
    expect(seqs.at(-1)).toBe(furthest)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  })
  await fc.assert(property, { numRuns: 40 })
})

test('a mark passes the last message as far as the last call, so that a missed call is seen on every device', async () => {
  const { found, post, write, markers, read } = await world()
  const bob = newId()
  const groupId = await found(['ann', bob])
  const { seq } = await post(groupId, 'ann')
  const far = { seq: seq + 100, index: 0 }
  expect((await read(groupId, '', far, bob)).readSeq).toBe(BigInt(seq))
  const value = create(CallStartedSchema, { callId: newId(), callerId: 'ann', inviteeIds: [bob] })
  const called = await write(groupId, 'calls', { case: 'callStarted', value })
  expect((await read(groupId, '', far, bob)).readSeq).toBe(BigInt(called))
  await post(groupId, 'ann')
  expect(await markers.states({ groupId, minSeq: 0 }, bob, signal)).toMatchObject([{ unread: 1 }])
})

describe('marked as unread', () => {
  /** Bob has read three messages of Ann, of which the second mentions him. */
  async function threeRead() {
    const parts = await world()
    const bob = newId()
    const groupId = await parts.found(['ann', bob])
    const first = await parts.post(groupId, 'ann')
    const second = await parts.post(groupId, 'ann', `<@${bob}>`)
    const last = await parts.post(groupId, 'ann')
    await parts.read(groupId, '', last, bob)
    const unread = (from: Position, backs = 0) => parts.markers.markUnread(groupId, from, backs, callerOf(bob))
    return { ...parts, bob, groupId, first, second, last, unread }
  }
  const ALL_READ = { unread: 0, mentions: 0 }

  test('a message and what comes after it count again, on every device; nobody else is told, and who has seen it has seen it', async () => {
    const { groupId, bob, second, last, unread, markers, published } = await threeRead()
    published.length = 0
    const state = await unread(second)
    expect(state).toMatchObject({ unread: 2, mentions: 1, backs: 1, markedUnread: true })
    expect(published.map(({ subject }) => subject)).toEqual([userSubject(bob)])
    expect(await markers.states({ groupId, minSeq: 0 }, bob, signal)).toEqual([state])
    expect(await markers.readers(groupId, last.id, 'ann', signal)).toEqual([bob])
  })

  test('a conversation without an unread message is unread all the same, until it is read again', async () => {
    const { groupId, bob, last, unread, read, marks } = await threeRead()
    expect(await unread({ seq: 0, index: 0 })).toMatchObject({ ...ALL_READ, markedUnread: true, backs: 1 })
    const again = await read(groupId, '', last, bob, { backs: 1 })
    expect(again).toMatchObject({ ...ALL_READ, markedUnread: false, backs: 1, readSeq: BigInt(last.seq) })
    await read(groupId, '', last, bob, { backs: 1 })
    expect(await marks(groupId, bob)).toHaveLength(3)
  })

  test('a device that has not heard of it changes nothing, and is told', async () => {
    const { groupId, bob, second, post, unread, read } = await threeRead()
    const state = await unread(second)
    const newest = await post(groupId, 'ann')
    const late = await read(groupId, '', newest, bob, { backs: 0 })
    expect(late).toMatchObject({ readSeq: state.readSeq, unread: 3, mentions: 1, backs: 1, markedUnread: true })
    expect(await read(groupId, '', newest, bob, { backs: 1 })).toMatchObject({ ...ALL_READ, markedUnread: false })
  })

  test('a page of an earlier release is believed only if it has read what came after, and is told nothing it would repeat', async () => {
    const { groupId, bob, second, last, post, unread, read, marks } = await threeRead()
    await unread(second)
    expect(await read(groupId, '', last, bob, { backs: undefined })).toBeUndefined()
    expect(await marks(groupId, bob)).toHaveLength(2)
    const newest = await post(groupId, 'ann')
    expect(await read(groupId, '', newest, bob, { backs: undefined })).toMatchObject({
      ...ALL_READ,
      markedUnread: false,
    })
  })

  test('a repeat, or a second device at the same time, moves nothing', async () => {
    const { groupId, bob, first, second, last, unread, read } = await threeRead()
    const state = await unread(second)
    expect(await unread(first, 0)).toEqual(state)
    await read(groupId, '', last, bob, { backs: 1 })
    expect(await unread(second, 0)).toMatchObject({ ...ALL_READ, markedUnread: false })
    expect(await unread(first, 1)).toMatchObject({ unread: 3, backs: 2 })
  })

  test('what is unread stays unread, and a newcomer gets nothing back from before', async () => {
    const { groupId, first, last, unread, post, found, markers, write } = await threeRead()
    await unread(first)
    expect(await unread(last, 1)).toMatchObject({ unread: 3, backs: 2 })
    const other = await found(['ann'])
    const before = await post(other, 'ann')
    const added = create(MembersAddedSchema, { userIds: ['eve'] })
    await write(other, 'roster', { case: 'membersAdded', value: added })
    const eves = await markers.markUnread(other, before, 0, callerOf('eve'))
    expect(eves).toMatchObject({ unread: 0, markedUnread: true })
    expect(await refusalOf(markers.markUnread(groupId, first, 0, callerOf('kim')))).toBe('NOT_A_MEMBER')
  })

  test('of two devices at two replicas at once, one moves the mark, and a reading that knows nothing of it is lost', async () => {
    const property = fc.asyncProperty(fc.scheduler(), async (s) => {
      const store = new MemoryEventStore()
      const quiet = await world({}, store)
      const groupId = await quiet.found(['ann', 'bob'])
      const first = await quiet.post(groupId, 'ann')
      const last = await quiet.post(groupId, 'ann')
      await quiet.read(groupId, '', last, 'bob')
      const [one, two] = [await world({}, store, s), await world({}, store, s)]
      const work = [
        one.markers.markUnread(groupId, first, 0, callerOf('bob')),
        two.markers.markUnread(groupId, last, 0, callerOf('bob')),
        two.read(groupId, '', last, 'bob'),
        one.read(groupId, '', last, 'bob'),
      ]
      await s.waitFor(Promise.all(work))
      for (const { stop } of [one, two]) await stop()
      const stored = (await quiet.marks(groupId, 'bob')).flatMap(({ commit }) =>
        commit.events.map(({ body }) => (body.case === 'readMarked' ? body.value : undefined)),
      )
      expect(stored.map((value) => value?.backs)).toEqual([0, 1])
      expect(stored.at(-1)?.markedUnread).toBe(true)
    })
    await fc.assert(property, { numRuns: 30 })
  })
})
