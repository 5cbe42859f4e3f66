import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import type { PushRow } from '../projections/queries.js'
import { Changes } from './changes.js'
import type { Change, Told } from './ports.js'

const GROUP = '018f0000-0000-7000-8000-00000000000a'
const MESSAGE = '018f0000-0000-7000-8000-00000000000b'
const device = (userId: string) => ({ user_id: userId, session_id: `${userId}'s phone` }) as PushRow

/** A group of people with a phone each, of whom some were told the message. */
function group(people: readonly string[], told: readonly Told[]) {
  const order: string[] = []
  const sent: { to: string; note: object; topic: string }[] = []
  const changed = new Map<string, Change>()
  const changes = new Changes(
    () => people,
    { living: async (userIds) => userIds.map(device) },
    {
      change: async (messageId, change) => {
        order.push('change')
        changed.set(messageId, change)
      },
      takeTold: async (userIds) => {
        order.push('ask')
        return told.filter(({ userId }) => userIds.includes(userId))
      },
    },
    { send: ({ user_id: to }, note, { topic }) => void sent.push({ to, note, topic }) },
  )
  const heard = (body: object) =>
    changes.heard(GROUP, create(CommitSchema, { events: [{ version: 1, body: body as never }] }), 0)
  return { changes, heard, sent, changed, order }
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

test('a push that is held tells what a message says now', async () => {
  const { heard, sent, changed } = group(['ann'], [{ userId: 'ann', newest: true }])
  await heard({ case: 'messageEdited', value: { messageId: MESSAGE, text: 'tea at five' } })
  expect(changed.get(MESSAGE)).toEqual({ text: 'tea at five' })
  expect(sent).toEqual([])
})

test('who deletes a message for themselves sees it on none of their devices', async () => {
  const { changes, sent } = group(['ann', 'bob'], [{ userId: 'ann', newest: true }])
  await changes.takeAway(['ann'], GROUP, MESSAGE, 0)
  expect(sent.map(({ to }) => to)).toEqual(['ann'])
})
