import { commandCommit, MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { personalStream, readSubject, seenSubject, userSubject } from '@beseda/proto'
import { CallStartedSchema } from '@beseda/proto/call/v1/events'
import { SeenSchema, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind, NewcomerHistory, ReadMarkedSchema } from '@beseda/proto/group/v1/events'
import { MemberLeftSchema, MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create, fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { groupWorld, settingsChanged } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import { ReadMarkers } from './read-markers.js'

const NOW = new Date(1_000_000)
const signal = new AbortController().signal
const callerOf = (userId: string) => ({ commandId: newId(), userId, now: NOW, traceparent: undefined, signal })

async function world(...args: Parameters<typeof groupWorld>) {
  const parts = await groupWorld(...args)
  const { history, access, groups, messages, markers: store } = parts
  const published: { readonly subject: string; readonly bytes: Uint8Array }[] = []
  const publisher = { publish: (subject: string, bytes: Uint8Array) => void published.push({ subject, bytes }) }
  return {
    ...parts,
    published,
    markers: new ReadMarkers(history, access, groups, messages, store, publisher),
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
  const { found, post, markers } = await world()
  const bob = newId()
  const groupId = await found(['ann', bob])
  await post(groupId, 'ann')
  const second = await post(groupId, 'ann')
  await post(groupId, 'ann', `<@${bob}>`)
  await post(groupId, bob)
  expect(await markers.states({ groupId, minSeq: 0 }, bob, signal)).toMatchObject([{ unread: 3, mentions: 1 }])
  const state = await markers.markRead(groupId, '', second, callerOf(bob))
  expect(state).toMatchObject({ readSeq: BigInt(second.seq), unread: 1, mentions: 1 })
  expect(await markers.states({ groupId: '', minSeq: 0 }, bob, signal)).toEqual([state])
})

test('a mention in a thread is read with its thread, not with the main line', async () => {
  const { found, post, markers, marks } = await world()
  const bob = newId()
  const groupId = await found(['ann', bob])
  const [one, other] = [await post(groupId, 'ann'), await post(groupId, 'ann')]
  const first = await post(groupId, 'ann', `<@${bob}>`, one.id)
  await post(groupId, 'ann', `<@${bob}>`, other.id)
  const last = await post(groupId, 'ann', `<@${bob}>`, one.id)
  const unread = await markers.markRead(groupId, '', last, callerOf(bob))
  expect(unread).toMatchObject({
    unread: 0,
    mentions: 3,
    threads: [
      { threadId: one.id, mentions: 2, firstMentionId: first.id },
      { threadId: other.id, mentions: 1 },
    ],
  })
  const half = await markers.markRead(groupId, one.id, last, callerOf(bob))
  expect(half.mentions).toBe(1)
  expect(half.threads).toMatchObject([
    { threadId: one.id, mentions: 0, readSeq: BigInt(last.seq) },
    { threadId: other.id, mentions: 1 },
  ])
  const all = await markers.markRead(groupId, other.id, last, callerOf(bob))
  expect(all).toMatchObject({ mentions: 0, threads: [], threadsSeq: BigInt(last.seq) })
  expect(await markers.states({ groupId, minSeq: 0 }, bob, signal)).toEqual([all])
  // Nothing is stored for a thread without an unread mention.
  await markers.markRead(groupId, one.id, last, callerOf(bob))
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
  const { found, post, markers, marks } = await world()
  const groupId = await found(['ann', 'bob'])
  const first = await post(groupId, 'ann')
  const last = await post(groupId, 'ann')
  const far = await markers.markRead(groupId, '', { seq: 1_000_000, index: 0 }, callerOf('bob'))
  expect(far).toMatchObject({ readSeq: BigInt(last.seq), unread: 0 })
  for (const place of [first, last]) {
    expect(await markers.markRead(groupId, '', place, callerOf('bob'))).toMatchObject({ readSeq: BigInt(last.seq) })
  }
  expect(await marks(groupId, 'bob')).toHaveLength(1)
})

test('one’s other devices and the other members are told of a mark that moved, once', async () => {
  const { found, post, markers, published } = await world()
  const groupId = await found(['ann', 'bob'])
  const place = await post(groupId, 'ann')
  const state = await markers.markRead(groupId, '', place, callerOf('bob'))
  await markers.markRead(groupId, '', place, callerOf('bob'))
  expect(published.map(({ subject }) => subject)).toEqual([userSubject('bob'), seenSubject(groupId)])
  const [own, others] = published.map(({ bytes }) => bytes)
  expect(own && fromBinary(UserEventSchema, own).event).toEqual({ case: 'readState', value: state })
  const seen = { groupId, userId: 'bob', seq: BigInt(place.seq), index: place.index }
  expect(others && fromBinary(SeenSchema, others)).toMatchObject(seen)
})

test('in a channel nobody learns who has read', async () => {
  const { found, post, markers, published } = await world()
  const groupId = await found(['ann', 'bob'], GroupKind.CHANNEL)
  const place = await post(groupId, 'ann')
  await markers.markRead(groupId, '', place, callerOf('bob'))
  expect(published.map(({ subject }) => subject)).toEqual([userSubject('bob')])
  expect(await markers.readers(groupId, place.id, 'ann', signal)).toEqual([])
})

test('readers of a message are members whose mark is there or beyond, not its author', async () => {
  const { found, post, markers, write } = await world()
  const groupId = await found(['ann', 'bob', 'eve', 'kim', 'max'])
  const [first, second] = [await post(groupId, 'ann'), await post(groupId, 'ann')]
  for (const userId of ['ann', 'kim', 'bob']) await markers.markRead(groupId, '', second, callerOf(userId))
  await markers.markRead(groupId, '', first, callerOf('eve'))
  await write(groupId, 'roster', { case: 'memberLeft', value: create(MemberLeftSchema, { userId: 'kim' }) }, 'kim')
  expect(await markers.readers(groupId, first.id, 'bob', signal)).toEqual(['bob', 'eve'])
  expect(await markers.readers(groupId, second.id, 'bob', signal)).toEqual(['bob'])
})

test('who is no member marks and learns nothing; who cannot see a message is not told who has read it', async () => {
  const { found, post, markers, write, marks } = await world()
  const groupId = await found(['ann', 'bob'])
  await write(groupId, 'group', settingsChanged({ newcomerHistory: NewcomerHistory.FROM_JOINING }))
  const place = await post(groupId, 'ann')
  const added = create(MembersAddedSchema, { userIds: ['eve'] })
  await write(groupId, 'roster', { case: 'membersAdded', value: added })
  expect(await refusalOf(markers.readers(groupId, place.id, 'eve', signal))).toBe('MESSAGE_NOT_FOUND')
  expect(await refusalOf(markers.readers(groupId, newId(), 'ann', signal))).toBe('MESSAGE_NOT_FOUND')
  expect(await refusalOf(markers.readers(groupId, place.id, 'kim', signal))).toBe('NOT_A_MEMBER')
  expect(await refusalOf(markers.states({ groupId, minSeq: 0 }, 'kim', signal))).toBe('NOT_A_MEMBER')
  expect(await refusalOf(markers.markRead(groupId, '', place, callerOf('kim')))).toBe('NOT_A_MEMBER')
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
      replicas[replica]?.markers.markRead(groupId, '', places[i] ?? { seq: 0, index: 0 }, callerOf('bob')),
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
  const { found, post, write, markers } = await world()
  const bob = newId()
  const groupId = await found(['ann', bob])
  const { seq } = await post(groupId, 'ann')
  const far = { seq: seq + 100, index: 0 }
  expect((await markers.markRead(groupId, '', far, callerOf(bob))).readSeq).toBe(BigInt(seq))
  const value = create(CallStartedSchema, { callId: newId(), callerId: 'ann', inviteeIds: [bob] })
  const called = await write(groupId, 'calls', { case: 'callStarted', value })
  expect((await markers.markRead(groupId, '', far, callerOf(bob))).readSeq).toBe(BigInt(called))
  await post(groupId, 'ann')
  expect(await markers.states({ groupId, minSeq: 0 }, bob, signal)).toMatchObject([{ unread: 1 }])
})
