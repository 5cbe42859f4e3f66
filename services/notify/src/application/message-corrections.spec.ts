import { Role } from '@beseda/proto/common/v1/roles'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import type { PushDevice } from '../domain/devices/push-device.js'
import { MessageCorrections } from './message-corrections.js'
import type { MessageChange, Notified } from './ports.js'

const GROUP = '018f0000-0000-7000-8000-00000000000a'
const MESSAGE = '018f0000-0000-7000-8000-00000000000b'
const ANN = '018f0000-0000-7000-8000-00000000000c'
const device = (userId: string) => ({ userId, sessionId: `${userId}'s phone` }) as PushDevice

/** A group of people with a phone each, of whom some were told the message. */
function group(people: readonly string[], told: readonly Notified[], hiding: readonly string[] = []) {
  const order: string[] = []
  const sent: { to: string; note: object; topic: string }[] = []
  const changed = new Map<string, MessageChange>()
  const corrections = new MessageCorrections(
    { reachableMembers: () => people.map((userId) => ({ userId, role: Role.MEMBER })) },
    { general: (userId) => ({ state: { quietHours: undefined, hideContent: hiding.includes(userId) }, lastSeq: 0 }) },
    { names: async () => new Map([[ANN, 'Anna']]) },
    { living: async (userIds) => userIds.map(device) },
    {
      noteChange: async (messageId, change) => {
        order.push('change')
        changed.set(messageId, change)
      },
      notifiedOf: async (userIds) => {
        order.push('ask')
        return userIds.filter((userId) => told.some((one) => one.userId === userId))
      },
      takeNotified: async (userIds) => {
        order.push('ask')
        return told.filter(({ userId }) => userIds.includes(userId))
      },
    },
    { send: ({ userId: to }, note, { topic }) => void sent.push({ to, note, topic }) },
  )
  const heard = (body: object) =>
    corrections.committed(GROUP, create(CommitSchema, { events: [{ version: 1, body: body as never }] }), 0)
  return { corrections, heard, sent, changed, order }
}

test('what is deleted leaves the screens of those who were told of it, and of nobody else', async () => {
  const { heard, sent, changed } = group(['ann', 'bob', 'cat'], [{ userId: 'bob', newest: true }])
  await heard({ case: 'messageDeleted', value: { messageId: MESSAGE } })
  expect(sent.map(({ to, note }) => ({ to, note }))).toEqual([
    { to: 'bob', note: { kind: 'deleted', groupId: GROUP, messageId: MESSAGE } },
  ])
  expect(changed.get(MESSAGE)).toBe('deleted')
})

test('a push that still waits is replaced if it is the message itself, and never if it is a later one', async () => {
  const { heard, sent } = group(
    ['ann', 'bob'],
    [
      { userId: 'ann', newest: true },
      { userId: 'bob', newest: false },
    ],
  )
  await heard({ case: 'messageDeleted', value: { messageId: MESSAGE } })
  const plain = (id: string) => id.replaceAll('-', '')
  expect(sent.map(({ to, topic }) => [to, topic])).toEqual([
    ['ann', plain(GROUP)],
    ['bob', plain(MESSAGE)],
  ])
})

test('it is known to be deleted before it is asked who was told: whoever is told meanwhile sees it', async () => {
  const { heard, order } = group(['ann'], [])
  await heard({ case: 'messageDeleted', value: { messageId: MESSAGE } })
  expect(order).toEqual(['change', 'ask'])
})

test('what is edited is put right for those who were told of it and may see it, after what still waits', async () => {
  const told = [
    { userId: 'bob', newest: true },
    { userId: 'cat', newest: true },
  ]
  const { heard, sent, changed, order } = group(['ann', 'bob', 'cat'], told, ['cat'])
  const text = `**tea** with <@${ANN}>`
  await heard({ case: 'messageEdited', value: { messageId: MESSAGE, text, mentions: { userIds: [ANN] } } })
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

test('of an edit nobody is told who was not told the message', async () => {
  const { heard, sent, changed } = group(['ann'], [])
  await heard({ case: 'messageEdited', value: { messageId: MESSAGE, text: 'tea at five' } })
  expect(changed.get(MESSAGE)).toEqual({ text: 'tea at five' })
  expect(sent).toEqual([])
})

test('who deletes a message for themselves sees it on none of their devices', async () => {
  const { corrections, sent } = group(['ann', 'bob'], [{ userId: 'ann', newest: true }])
  await corrections.remove(['ann'], GROUP, MESSAGE, 0)
  expect(sent.map(({ to }) => to)).toEqual(['ann'])
})
