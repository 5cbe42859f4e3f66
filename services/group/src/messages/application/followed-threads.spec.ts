import { newId } from '@beseda/kernel'
import { personalStream, threadsSubject, userSubject } from '@beseda/proto'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { NewcomerHistory } from '@beseda/proto/group/v1/events'
import { MemberRemovedSchema, MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create, fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { groupWorld, settingsChanged } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import type { Position } from '../domain/read-marks.js'
import { FollowedThreads, type ThreadsRequest } from './followed-threads.js'
import { ReadMarkers } from './read-markers.js'

const signal = new AbortController().signal
const [ANN, BOB, EVE] = [newId(), newId(), newId()]

async function world() {
  const parts = await groupWorld()
  const { history, access, groups, messages, markers: store, reader, threads } = parts
  const published: { readonly subject: string; readonly bytes: Uint8Array }[] = []
  const publisher = { publish: (subject: string, bytes: Uint8Array) => void published.push({ subject, bytes }) }
  const followed = new FollowedThreads(history, access, groups, reader, store, threads, publisher)
  const markers = new ReadMarkers(history, access, groups, messages, store, publisher)
  // Each message has a time of its own: the list is in their order.
  let now = 1_000_000
  const callerOf = (userId: string) => ({
    commandId: newId(),
    userId,
    now: new Date(now),
    traceparent: undefined,
    signal,
  })
  const list = async (userId: string, more: Partial<ThreadsRequest> = {}) => {
    const request = { groupId: '', minSeq: 0, unread: false, limit: 25, after: undefined, ...more }
    return followed.list(request, userId, signal)
  }
  return {
    ...parts,
    published,
    followed,
    list,
    heads: async (userId: string, more?: Partial<ThreadsRequest>) =>
      (await list(userId, more)).threads.map(({ head, unread }) => [head?.text, unread]),
    post: async (groupId: string, authorId: string, text: string, threadId = '', alsoToGroup = false) => {
      now += 1_000
      const content = { text, replyTo: '', threadId, alsoToGroup, attachments: [], forward: undefined }
      const who = { messageId: newId(), groupId, authorId, now: new Date(now), traceparent: undefined, signal }
      return (await parts.posting.post({ ...who, ...content })).place
    },
    remove: async (groupId: string, authorId: string, messageId: string) => {
      await parts.changes.delete(groupId, messageId, callerOf(authorId))
    },
    follow: (groupId: string, threadId: string, userId: string, follows = true) =>
      followed.follow(groupId, threadId, follows, callerOf(userId)),
    read: (groupId: string, threadId: string, place: Position, userId: string) =>
      markers.markRead({ groupId, threadId, place, backs: 0 }, callerOf(userId)),
    choices: (groupId: string, userId: string) =>
      parts.store.read(personalStream(0), { afterSeq: 0, filter: threadsSubject(0, groupId, userId), limit: 100 }),
  }
}

test('a thread is followed by who began it, answered in it, or was mentioned in it, and by nobody else', async () => {
  const { found, post, heads } = await world()
  const groupId = await found([ANN, BOB, EVE])
  const [one, two] = [await post(groupId, ANN, 'one'), await post(groupId, ANN, 'two')]
  await post(groupId, BOB, 'answer', one.id)
  await post(groupId, ANN, `what do you say, <@${EVE}>?`, two.id)
  await post(groupId, ANN, 'and all, <@all>?', one.id)
  expect(await heads(ANN)).toEqual([
    ['one', 1],
    ['two', 0],
  ])
  expect(await heads(BOB)).toEqual([['one', 1]])
  expect(await heads(EVE)).toEqual([['two', 1]])
})

test('a choice holds against what follows from messages, on all devices, and once', async () => {
  const { found, post, heads, follow, choices, published } = await world()
  const groupId = await found([ANN, BOB, EVE])
  const head = await post(groupId, ANN, 'one')
  await post(groupId, BOB, 'answer', head.id)
  expect(await follow(groupId, head.id, EVE)).toMatchObject({ follows: true, unread: 1 })
  await follow(groupId, head.id, EVE)
  expect(await choices(groupId, EVE)).toHaveLength(1)
  const told = published.filter(({ subject }) => subject === userSubject(EVE))
  expect(told.map(({ bytes }) => fromBinary(UserEventSchema, bytes).event)).toMatchObject([
    { case: 'thread', value: { groupId, threadId: head.id, follows: true } },
  ])
  expect(await follow(groupId, head.id, ANN, false)).toMatchObject({ follows: false, unread: 0 })
  await post(groupId, BOB, `<@${ANN}>`, head.id)
  expect([await heads(EVE), await heads(ANN)]).toEqual([[['one', 2]], []])
})

test('answers in a followed thread stay unread until the thread is read, and reading the main line does not read it', async () => {
  const { found, post, heads, read } = await world()
  const groupId = await found([ANN, BOB])
  const [one, two] = [await post(groupId, ANN, 'one'), await post(groupId, ANN, 'two')]
  const first = await post(groupId, BOB, 'to one', one.id)
  await post(groupId, BOB, 'to two', two.id)
  const last = await post(groupId, BOB, 'to one again', one.id)
  expect(await read(groupId, '', last, ANN)).toMatchObject({ unread: 0, mentions: 0 })
  expect(await heads(ANN)).toEqual([
    ['one', 2],
    ['two', 1],
  ])
  await read(groupId, one.id, first, ANN)
  expect(await heads(ANN, { unread: true })).toEqual([
    ['one', 1],
    ['two', 1],
  ])
  await read(groupId, one.id, last, ANN)
  expect(await heads(ANN, { unread: true })).toEqual([['two', 1]])
  const all = await read(groupId, two.id, last, ANN)
  expect([await heads(ANN, { unread: true }), all]).toMatchObject([[], { threads: [], threadsSeq: BigInt(last.seq) }])
})

test('an answer to the group as well makes its author follow, is the last of the thread, and is counted in the main line alone', async () => {
  const { found, post, heads, list, read, remove } = await world()
  const groupId = await found([ANN, BOB])
  const head = await post(groupId, ANN, 'one')
  const both = await post(groupId, BOB, `<@${ANN}> yes`, head.id, true)
  expect([await heads(ANN), await heads(BOB)]).toEqual([[['one', 0]], [['one', 0]]])
  expect((await list(ANN)).threads[0]).toMatchObject({ head: { replyCount: 1 }, last: { id: both.id, threadId: '' } })
  expect(await read(groupId, '', head, ANN)).toMatchObject({ unread: 1, mentions: 1, threads: [] })
  expect(await read(groupId, '', both, ANN)).toMatchObject({ unread: 0, mentions: 0, threads: [] })
  await remove(groupId, BOB, both.id)
  expect(await heads(ANN)).toEqual([])
})

test('what is deleted, hidden, or of somebody who is blocked is not counted', async () => {
  const { found, post, heads, remove, block } = await world()
  const groupId = await found([ANN, BOB, EVE])
  const head = await post(groupId, ANN, 'one')
  const gone = await post(groupId, BOB, 'gone', head.id)
  await post(groupId, EVE, 'blocked', head.id)
  await post(groupId, BOB, 'stays', head.id)
  await remove(groupId, BOB, gone.id)
  expect(await heads(ANN)).toEqual([['one', 2]])
  await block(ANN, EVE)
  expect(await heads(ANN)).toEqual([['one', 1]])
})

test('of people who are asked about those follow a thread who take part in it or have chosen to, and may see it', async () => {
  const { found, post, follow, followed, write } = await world()
  const groupId = await found([ANN, BOB, EVE])
  const head = await post(groupId, ANN, 'one')
  const { seq } = await post(groupId, BOB, 'answer', head.id)
  const followers = (ids: readonly string[]) => followed.followers(groupId, head.id, ids, seq, signal)
  expect(await followers([EVE, BOB, ANN])).toEqual([BOB, ANN])
  expect(await followers([EVE])).toEqual([])
  await follow(groupId, head.id, EVE)
  await follow(groupId, head.id, BOB, false)
  expect(await followers([ANN, BOB, EVE, newId()])).toEqual([ANN, EVE])
  const removed = (userId: string) => ({
    case: 'memberRemoved' as const,
    value: create(MemberRemovedSchema, { userId }),
  })
  await write(groupId, 'roster', removed(EVE))
  expect(await followers([ANN, EVE])).toEqual([ANN])
  await write(groupId, 'group', settingsChanged({ newcomerHistory: NewcomerHistory.FROM_JOINING }))
  await write(groupId, 'roster', { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: [EVE] }) })
  expect(await followers([ANN, EVE])).toEqual([ANN])
})

test('a mention by somebody who is blocked makes nobody follow', async () => {
  const { found, post, heads, block } = await world()
  const groupId = await found([ANN, BOB, EVE])
  const head = await post(groupId, ANN, 'one')
  await block(BOB, EVE)
  await post(groupId, EVE, `<@${BOB}>`, head.id)
  expect(await heads(BOB)).toEqual([])
})

test('all groups together, page by page, in the order of the last answers', async () => {
  const { found, post, list } = await world()
  const groups = [await found([ANN, BOB]), await found([ANN, BOB])]
  for (let i = 0; i < 5; i++) {
    const groupId = groups[i % 2] ?? ''
    const head = await post(groupId, ANN, `head ${i}`)
    await post(groupId, BOB, 'answer', head.id)
  }
  const seen: string[] = []
  let after: ThreadsRequest['after']
  for (let page = 0; page < 3; page++) {
    const { threads, next } = await list(ANN, { limit: 2, after })
    seen.push(...threads.map(({ head }) => head?.text ?? ''))
    after = next
  }
  expect([seen, after]).toEqual([['head 4', 'head 3', 'head 2', 'head 1', 'head 0'], undefined])
})

test('a former member, or one who may not see the beginning, has no thread of the group', async () => {
  const { found, post, heads, write, follow, followed } = await world()
  const groupId = await found([ANN, BOB])
  const head = await post(groupId, ANN, 'one')
  const answer = await post(groupId, BOB, 'answer', head.id)
  await write(groupId, 'group', settingsChanged({ newcomerHistory: NewcomerHistory.FROM_JOINING }))
  await write(groupId, 'roster', { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: [EVE] }) })
  expect(await refusalOf(follow(groupId, head.id, EVE))).toBe('MESSAGE_NOT_FOUND')
  expect(await refusalOf(follow(groupId, answer.id, BOB))).toBe('INVALID_REQUEST')
  await post(groupId, ANN, `<@${EVE}>`, head.id)
  expect(await heads(EVE)).toEqual([])
  await write(groupId, 'roster', { case: 'memberRemoved', value: create(MemberRemovedSchema, { userId: BOB }) })
  expect(await heads(BOB)).toEqual([])
  expect(await refusalOf(followed.one(groupId, head.id, 0, BOB, signal))).toBe('NOT_A_MEMBER')
  expect(await refusalOf(follow(groupId, head.id, BOB))).toBe('NOT_A_MEMBER')
})
