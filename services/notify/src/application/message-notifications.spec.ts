import { blockSubject, historyStream, historySubject, PEOPLE_STREAM } from '@beseda/proto'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import { MemberRemovedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NOW, type NotifyWorld, notifyWorld } from '../../../testing/notifications.js'

const now = NOW.getTime()
let world: NotifyWorld
beforeEach(async () => {
  world = await notifyWorld()
})
afterEach(() => world.stop())

test('a message is pushed to every device of the other members, with its author, its text and a topic', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const [phone, desk] = [await world.device('bob'), await world.device('bob')]
  await world.device('ann')
  const { messages } = await world.run()
  await messages.posted(groupId, await world.post(groupId, 'ann', 'tea?'), now)
  expect(world.pushes).toHaveLength(2)
  expect(new Set(world.pushes.map(({ endpoint }) => endpoint))).toEqual(new Set([phone, desk]))
  const [{ note, terms }] = world.pushes as [(typeof world.pushes)[0]]
  expect(note).toMatchObject({ kind: 'message', groupId, groupName: 'Chess', author: 'name of ann', text: 'tea?' })
  expect(terms).toEqual({ ttlSeconds: 86_400, urgency: 'normal', topic: groupId.replaceAll('-', '') })
})

test('of a direct chat the note names no group; for a reader who hides content it names neither author nor text', async () => {
  const groupId = await world.group(['ann', 'bob'], GroupKind.DIRECT)
  await world.device('bob')
  await world.hideContent('bob')
  const { messages } = await world.run()
  await messages.posted(groupId, await world.post(groupId, 'ann', 'a secret'), now)
  expect(world.pushes[0]?.note).toMatchObject({ groupName: '', author: '', text: '', direct: true })
})

test('nobody is notified of the words of somebody whom they have blocked, also where another person forwards them', async () => {
  const groupId = await world.group(['ann', 'bob', 'eve'])
  await world.device('bob')
  const value = create(BlockChangedSchema, { blocked: true })
  await world.append(PEOPLE_STREAM, blockSubject('bob', 'eve'), { case: 'blockChanged', value })
  const { messages } = await world.run()
  const forwarded = { authorId: 'eve' }
  await messages.posted(groupId, await world.post(groupId, 'eve', 'to you'), now)
  await messages.posted(groupId, await world.post(groupId, 'ann', 'what Eve said', { forwarded }), now)
  await messages.posted(groupId, await world.post(groupId, 'ann', 'hello'), now)
  expect(world.texts()).toEqual(['hello'])
})

test('nobody is notified of a message who was removed before it, even when the view is behind', async () => {
  const groupId = await world.group(['ann', 'bob', 'cat'])
  for (const userId of ['bob', 'cat']) await world.device(userId)
  const { messages } = await world.run()
  const removed = { case: 'memberRemoved', value: create(MemberRemovedSchema, { userId: 'bob' }) } as const
  await world.append(historyStream(0), historySubject(0, groupId, 'roster'), removed)
  await messages.posted(groupId, await world.post(groupId, 'ann', 'for members'), now)
  expect(world.pushes).toHaveLength(1)
})

test.each([
  ['looks at a device', { active: true, doNotDisturb: false }],
  ['wants no disturbance', { active: false, doNotDisturb: true }],
])('a person who %s is not notified', async (_, attention) => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  world.attention.set('bob', attention)
  const { messages } = await world.run()
  await messages.posted(groupId, await world.post(groupId, 'ann', 'hi'), now)
  expect(world.pushes).toEqual([])
})

test('a device whose session has ended is not pushed to, and is unsubscribed', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob', 'ended')
  const { messages, subscriptions } = await world.run()
  world.endedSessions.add('ended')
  await messages.posted(groupId, await world.post(groupId, 'ann', 'hi'), now)
  expect(world.pushes).toEqual([])
  expect(subscriptions.find('bob', 'ended')).toBeUndefined()
})

test('a flood is one notification at once, and the newest message at the end of the pause', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const { messages } = await world.run()
  for (let i = 0; i < 12; i++) await messages.posted(groupId, await world.post(groupId, 'ann', `message ${i}`), now)
  await vi.waitFor(() => expect(world.texts()).toEqual(['message 0', 'message 11']))
})

test('what is held is notified with its present text, and a deleted message gives way to the one before it', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const { messages } = await world.run()
  const messageIds = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002']
  await messages.posted(groupId, await world.post(groupId, 'ann', 'first'), now)
  for (const messageId of messageIds) {
    await messages.posted(groupId, await world.post(groupId, 'ann', 'a slip', { messageId }), now)
  }
  await world.memory.noteChange(messageIds[0] ?? '', { text: 'corrected' })
  await world.memory.noteChange(messageIds[1] ?? '', 'deleted')
  await vi.waitFor(() => expect(world.texts()).toEqual(['first', 'corrected']))
})

test('a message that is deleted while somebody is being notified of it is not pushed', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const { messages } = await world.run()
  const messageId = '00000000-0000-7000-8000-000000000003'
  await world.memory.noteChange(messageId, 'deleted')
  await messages.posted(groupId, await world.post(groupId, 'ann', 'a secret', { messageId }), now)
  expect(world.pushes).toEqual([])
})

test('what one replica holds is not notified when another learns that it was read; what came after the reading is', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const [one, other] = [await world.run(), await world.run()]
  await one.messages.posted(groupId, await world.post(groupId, 'ann', 'at once'), now)
  const held = await world.post(groupId, 'ann', 'held and read')
  await one.messages.posted(groupId, held, now)
  await other.messages.read('bob', groupId, held.seq, now)
  await other.messages.posted(groupId, await world.post(groupId, 'ann', 'after the reading'), now)
  await vi.waitFor(() => expect(world.texts()).toEqual(['at once', 'after the reading']))
  expect(world.failures).toEqual([])
})

test('reading a group removes it from the devices that show it, once', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const { messages } = await world.run()
  await messages.read('bob', groupId, 1, now)
  expect(world.pushes).toEqual([])
  const { seq } = await world.post(groupId, 'ann', 'hi')
  await messages.posted(groupId, await world.post(groupId, 'ann', 'hi'), now)
  await messages.read('bob', groupId, seq, now)
  await messages.read('bob', groupId, seq, now)
  expect(world.pushes.map(({ note }) => note.kind)).toEqual(['message', 'read'])
})

test('a view that does not reach the roster of a message in time fails the notification, and nobody is notified by an older one', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const { messages } = await world.run()
  const stored = await world.post(groupId, 'ann', 'hi')
  const beyond = { ...stored, commit: { ...stored.commit, rosterSeq: 1_000n } }
  const timeout = new AbortController()
  vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(timeout.signal)
  const posting = messages.posted(groupId, beyond, now)
  timeout.abort(new Error('the view is behind'))
  await expect(posting).rejects.toThrow('the view is behind')
  expect(world.pushes).toEqual([])
})

test('of a group that was founded a moment ago people are notified, too', async () => {
  const { messages } = await world.run()
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  await messages.posted(groupId, await world.post(groupId, 'ann', 'first'), now)
  expect(world.texts()).toEqual(['first'])
})

test('an answer in a thread is pushed to who follows it, and to whom it mentions', async () => {
  const groupId = await world.group(['ann', 'bob', 'cat', 'eve'])
  const devices = new Map<string, string>()
  for (const userId of ['bob', 'cat', 'eve']) devices.set(userId, await world.device(userId))
  const { messages } = await world.run()
  world.followers.set('thread', new Set(['bob']))
  const answer = await world.post(groupId, 'ann', 'an answer', { threadId: 'thread', mentions: { userIds: ['eve'] } })
  await messages.posted(groupId, answer, now)
  const reached = new Set(world.pushes.map(({ endpoint }) => endpoint))
  expect(reached).toEqual(new Set([devices.get('bob'), devices.get('eve')]))
})

test('what is held of a thread is not pushed to who has stopped following it meanwhile', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const { messages } = await world.run()
  const [followed, left] = [{ threadId: 'followed' }, { threadId: 'left' }]
  for (const { threadId } of [followed, left]) world.followers.set(threadId, new Set(['bob']))
  await messages.posted(groupId, await world.post(groupId, 'ann', 'one', followed), now)
  await messages.posted(groupId, await world.post(groupId, 'ann', 'two', left), now)
  world.followers.delete('left')
  const asked = vi.spyOn(world.followers, 'get')
  await vi.waitFor(() => expect(asked).toHaveBeenCalledWith('left'))
  const other = await world.group(['ann', 'bob'])
  await messages.posted(other, await world.post(other, 'ann', 'the last'), now)
  expect(world.texts()).toEqual(['one', 'the last'])
})

test('an answer that concerns nobody any more hides no message of the main line that was held with it', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const { messages } = await world.run()
  world.followers.set('left', new Set(['bob']))
  for (const [text, more] of [['one'], ['two'], ['three', { threadId: 'left' }]] as const) {
    await messages.posted(groupId, await world.post(groupId, 'ann', text, more), now)
  }
  world.followers.delete('left')
  await vi.waitFor(() => expect(world.texts()).toEqual(['one', 'two']))
})

test('who follows cannot be asked: whom the answer mentions is notified all the same, and it is told', async () => {
  const groupId = await world.group(['ann', 'bob', 'cat'])
  for (const userId of ['bob', 'cat']) await world.device(userId)
  const { messages } = await world.run()
  const failure = new Error('nobody answers')
  world.followers.set('thread', failure)
  const answer = await world.post(groupId, 'ann', 'an answer', { threadId: 'thread', mentions: { userIds: ['cat'] } })
  await messages.posted(groupId, answer, now)
  expect([world.texts(), world.failures]).toEqual([['an answer'], [failure]])
})
