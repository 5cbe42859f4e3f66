import { Role } from '@beseda/proto/common/v1/roles'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import type { PushDevice } from '../domain/devices/push-device.js'
import { DEFAULT_GENERAL } from '../domain/preferences/preferences.js'
import { MessageCorrections } from './message-corrections.js'
import type { MessageChange, Notified } from './ports.js'

const GROUP = '018f0000-0000-7000-8000-00000000000a'
const MESSAGE = '018f0000-0000-7000-8000-00000000000b'
const ANN = '018f0000-0000-7000-8000-00000000000c'
const device = (userId: string) => ({ userId, sessionId: `${userId}'s phone` }) as PushDevice

/** A group of people with a phone each, some of whom were notified of the message. */
function group(people: readonly string[], notified: readonly Notified[], hiding: readonly string[] = []) {
  const order: string[] = []
  const sent: { to: string; note: object; topic: string }[] = []
  const changed = new Map<string, MessageChange>()
  const corrections = new MessageCorrections(
    { reachableMembers: () => people.map((userId) => ({ userId, role: Role.MEMBER })) },
    { general: (userId) => ({ state: { ...DEFAULT_GENERAL, hideContent: hiding.includes(userId) }, lastSeq: 0 }) },
    { names: async () => new Map([[ANN, 'Anna']]) },
    { living: async (userIds) => userIds.map(device) },
    {
      noteChange: async (messageId, change) => {
        order.push('change')
        changed.set(messageId, change)
      },
      notifiedOf: async (userIds) => {
        order.push('ask')
        return userIds.filter((userId) => notified.some((one) => one.userId === userId))
      },
      takeNotified: async (userIds) => {
        order.push('ask')
        return notified.filter(({ userId }) => userIds.includes(userId))
      },
    },
    { send: ({ userId: to }, note, { topic }) => void sent.push({ to, note, topic }) },
  )
  const committed = (body: object) =>
    corrections.committed(GROUP, create(CommitSchema, { events: [{ version: 1, body: body as never }] }), 0)
  return { corrections, committed, sent, changed, order }
}

test('a deleted message is removed from the screens of those who were notified of it, and of nobody else', async () => {
  const { committed, sent, changed } = group(['ann', 'bob', 'cat'], [{ userId: 'bob', newest: true }])
  await committed({ case: 'messageDeleted', value: { messageId: MESSAGE } })
  expect(sent.map(({ to, note }) => ({ to, note }))).toEqual([
    { to: 'bob', note: { kind: 'deleted', groupId: GROUP, messageId: MESSAGE } },
  ])
  expect(changed.get(MESSAGE)).toBe('deleted')
})

test('the removal replaces the push of the message itself where that still waits, never a later one', async () => {
  const { committed, sent } = group(
    ['ann', 'bob'],
    [
      { userId: 'ann', newest: true },
      { userId: 'bob', newest: false },
    ],
  )
  await committed({ case: 'messageDeleted', value: { messageId: MESSAGE } })
  const plain = (id: string) => id.replaceAll('-', '')
  expect(sent.map(({ to, topic }) => [to, topic])).toEqual([
    ['ann', plain(GROUP)],
    ['bob', plain(MESSAGE)],
  ])
})

test('the deletion is noted before it is asked who was notified: a notification on its way finds the note', async () => {
  const { committed, order } = group(['ann'], [])
  await committed({ case: 'messageDeleted', value: { messageId: MESSAGE } })
  expect(order).toEqual(['change', 'ask'])
})

test('an edit corrects the notifications of those who show content, beside a push that still waits', async () => {
  const notified = [
    { userId: 'bob', newest: true },
    { userId: 'cat', newest: true },
  ]
  const { committed, sent, changed, order } = group(['ann', 'bob', 'cat'], notified, ['cat'])
  const text = `**tea** with <@${ANN}>`
  await committed({ case: 'messageEdited', value: { messageId: MESSAGE, text, mentions: { userIds: [ANN] } } })
  expect(changed.get(MESSAGE)).toEqual({ text })
  expect(order).toEqual(['change', 'ask'])
  expect(sent).toEqual([
    {
      to: 'bob',
      note: { kind: 'edited', groupId: GROUP, messageId: MESSAGE, text: 'tea with @Anna' },
      topic: MESSAGE.replaceAll('-', ''),
    },
  ])
})

test('an edit reaches nobody who was not notified of the message', async () => {
  const { committed, sent, changed } = group(['ann'], [])
  await committed({ case: 'messageEdited', value: { messageId: MESSAGE, text: 'tea at five' } })
  expect(changed.get(MESSAGE)).toEqual({ text: 'tea at five' })
  expect(sent).toEqual([])
})

test('a message that a person deletes for themselves is removed from all their devices', async () => {
  const { corrections, sent } = group(['ann', 'bob'], [{ userId: 'ann', newest: true }])
  await corrections.remove(['ann'], GROUP, MESSAGE, 0)
  expect(sent.map(({ to }) => to)).toEqual(['ann'])
})
