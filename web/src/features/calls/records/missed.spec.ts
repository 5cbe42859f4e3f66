import { CallEndedSchema, CallMissedSchema, CallStartedSchema } from '@beseda/proto/call/v1/events'
import { CommitSchema as FrameSchema } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema, type Event, EventSchema, Lane } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import type { Conversation } from '../../../sync/model/model.js'
import { missedCallsOf } from './missed.js'

/** Two windows of a person who is called, with the server's answers. */
function world() {
  const conversation = (read: number, calls: number, unread = 0) =>
    ({ id: 'g', read: { seq: read, unread, mentions: 0 }, seqs: { calls } }) as unknown as Conversation
  const conversations = new Map([['g', conversation(10, 0)]])
  const listeners = new Map<string, (value: never) => void>()
  const seen = new Map<string, number>()
  const did: string[] = []
  const rows: { callId: string; seq: bigint; startedAt: never; missedUserIds: string[] }[] = []
  const missed = missedCallsOf({
    me: () => 'bob',
    connection: { on: (kind: string, listener: (value: never) => void) => listeners.set(kind, listener) } as never,
    conversations,
    listCalls: async () => {
      did.push('asked')
      return rows
    },
    markRead: async (groupId, seq) => void did.push(`read ${groupId} ${seq}`),
    seen: { get: (id) => seen.get(id) ?? 0, set: (id, seq) => void seen.set(id, seq) },
  })
  const commit = (seq: number, body: Event['body']) => {
    const bytes = toBinary(
      CommitSchema,
      create(CommitSchema, { time: timestampFromMs(seq * 1_000), events: [create(EventSchema, { body })] }),
    )
    const frame = create(FrameSchema, { groupId: 'g', lane: Lane.CALLS, seq: BigInt(seq), commit: bytes })
    listeners.get('commit')?.(frame as never)
  }
  const rings = (seq: number, callId = `c${seq}`) => {
    commit(seq, { case: 'callStarted', value: create(CallStartedSchema, { callId, inviteeIds: ['bob'] }) })
    commit(seq + 1, { case: 'callMissed', value: create(CallMissedSchema, { callId, userIds: ['bob'] }) })
    commit(seq + 2, { case: 'callEnded', value: create(CallEndedSchema, { callId }) })
  }
  const shown = () => missed.of(conversations.get('g') as Conversation).map(({ callId, seq }) => `${callId} ${seq}`)
  return { missed, conversations, conversation, rings, commit, shown, did, rows, seen }
}

test('a missed call is unseen until its conversation is looked at; then other devices learn of it', () => {
  const { missed, rings, shown, did, conversations, conversation } = world()
  rings(20)
  rings(30)
  expect(shown()).toEqual(['c20 20', 'c30 30'])
  conversations.set('g', conversation(10, 32))
  missed.see('g')
  expect([shown(), did]).toEqual([[], ['read g 30']])
  missed.see('g')
  expect(did).toHaveLength(1)
})

test('looking at it marks no message as read that the person has not seen', () => {
  const { missed, rings, shown, did, conversations, conversation } = world()
  conversations.set('g', conversation(10, 22, 3))
  rings(20)
  missed.see('g')
  expect([shown(), did]).toEqual([[], []])
})

test('what was seen on another device is seen here', () => {
  const { rings, shown, conversations, conversation } = world()
  rings(20)
  conversations.set('g', conversation(20, 22))
  expect(shown()).toEqual([])
})

test('a call that somebody else missed, or that arrives twice, counts once or not at all', () => {
  const { rings, commit, shown } = world()
  commit(15, { case: 'callMissed', value: create(CallMissedSchema, { callId: 'x', userIds: ['cat'] }) })
  rings(20)
  rings(20)
  expect(shown()).toEqual(['c20 20'])
})

test('calls that were missed while no window was open are asked for, once, and only where there are any', async () => {
  const { missed, shown, did, rows, conversations, conversation, rings } = world()
  await missed.look()
  expect(did).toEqual([])
  conversations.set('g', conversation(10, 22))
  rows.push({ callId: 'old', seq: 5n, startedAt: undefined as never, missedUserIds: ['bob'] })
  rows.push({ callId: 'c20', seq: 20n, startedAt: timestampFromMs(20_000) as never, missedUserIds: ['bob'] })
  await missed.look()
  await missed.look()
  expect([did, shown()]).toEqual([['asked'], ['c20 20']])
  // The same call arrives as an event, too.
  rings(20)
  expect(shown()).toEqual(['c20 20'])
})

test('a conversation without missed calls is not asked about again after a reload', async () => {
  const { missed, seen, conversations, conversation } = world()
  conversations.set('g', conversation(10, 22))
  await missed.look()
  expect(seen.get('g')).toBe(22)
})
