import { GroupKind, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { afterEach, expect, test } from 'vitest'
import type { ChatMessage, Conversation } from '../model/model.js'
import { draftStorage } from './drafts.js'
import { historyCache } from './history-cache.js'
import { outboxStorage } from './outbox.js'

const message = (seq: number, more: Partial<ChatMessage> = {}): ChatMessage =>
  ({
    id: `m${seq}`,
    text: `text ${seq}`,
    seq,
    index: 0,
    expiresAt: 0,
    replyTo: '',
    threadId: '',
    ...more,
  }) as ChatMessage

const conversation = (id: string, seq: number, more: Partial<Conversation> = {}): Conversation =>
  ({
    id,
    epoch: 'e',
    seqs: { group: 1, roster: 1, messages: seq, calls: 0 },
    kind: GroupKind.GROUP,
    name: `name ${seq}`,
    settings: create(GroupSettingsSchema, { slowModeS: 5 }),
    members: new Map([['me', 3]]),
    messages: [message(seq)],
    hasOlder: false,
    hasNewer: false,
    ...more,
  }) as Conversation

afterEach(async () => {
  await Promise.all(['me', 'other'].map((userId) => historyCache.clear(userId, true)))
})

test('a saved conversation is restored unchanged, for the same person only', async () => {
  await historyCache.save('me', [conversation('a', 1)])
  await historyCache.save('other', [conversation('b', 1)])
  const [restored, ...others] = await historyCache.restore('me')
  expect(others).toEqual([])
  expect(restored).toMatchObject({ id: 'a', messages: [{ text: 'text 1' }], settings: { slowModeS: 5 } })
  expect(restored?.members?.get('me')).toBe(3)
})

test('a window that lags behind overwrites nothing newer', async () => {
  await historyCache.save('me', [conversation('a', 2)])
  await historyCache.save('me', [conversation('a', 1)])
  expect((await historyCache.restore('me'))[0]?.name).toBe('name 2')
  await historyCache.save('me', [conversation('a', 1, { epoch: 'a newer stream' })])
  expect((await historyCache.restore('me'))[0]?.name).toBe('name 1')
})

test('a deleted message is removed from the copy', async () => {
  await historyCache.save('me', [conversation('a', 2, { messages: [message(1), message(2)] })])
  await historyCache.save('me', [conversation('a', 3, { messages: [message(2)] })])
  expect((await historyCache.restore('me'))[0]?.messages?.map(({ id }) => id)).toEqual(['m2'])
})

test('the newest run is saved, without disappearing messages', async () => {
  const messages = Array.from({ length: 120 }, (_, seq) => message(seq, { expiresAt: seq === 119 ? 1 : 0 }))
  await historyCache.save('me', [conversation('a', 120, { messages, lastMessage: messages[119] })])
  const [restored] = await historyCache.restore('me')
  expect(restored?.messages?.map(({ seq }) => seq)).toEqual(Array.from({ length: 49 }, (_, i) => 70 + i))
  expect(restored).toMatchObject({ hasOlder: true, lastMessage: undefined })
  await historyCache.save('me', [conversation('b', 1, { hasNewer: true })])
  expect((await historyCache.restore('me')).find(({ id }) => id === 'b')?.messages).toBeUndefined()
})

test('signing out deletes everything; unsent messages stay when the session was ended elsewhere', async () => {
  const unsent = { id: 'i', userId: 'me', groupId: 'a', text: 'unsent', createdAt: 1 }
  await historyCache.save('me', [conversation('a', 1)])
  await outboxStorage.put(unsent)
  await draftStorage.put({ key: 'me a ', at: 1, text: 'half a thou', mentions: [], files: [] })
  await historyCache.clear('me', false)
  expect(await historyCache.restore('me')).toEqual([])
  expect(await outboxStorage.of('me')).toEqual([unsent])
  expect(await draftStorage.of('me')).toHaveLength(1)
  await historyCache.clear('me', true)
  expect(await outboxStorage.of('me')).toEqual([])
  expect(await draftStorage.of('me')).toEqual([])
})
