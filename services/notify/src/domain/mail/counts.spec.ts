import { GroupKind } from '@beseda/proto/group/v1/events'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { DEFAULT_PREFERENCE } from '@beseda/rules'
import { expect, test } from 'vitest'
import { missedIn, type Unread } from './counts.js'

const NOW = 1_000
const one = (more: Partial<Unread> = {}): Unread => ({
  ...{ groupId: 'g', kind: GroupKind.GROUP, archived: false, preference: DEFAULT_PREFERENCE, unread: 5, mentions: 2 },
  ...more,
})
const level = (value: NotificationLevel) => ({ ...DEFAULT_PREFERENCE, level: value })

test('a letter is about mentions, and in direct chats about all messages', () => {
  const direct = one({ groupId: 'd', kind: GroupKind.DIRECT, unread: 3, mentions: 0 })
  expect(missedIn([direct, one(), one({ groupId: 'quiet', mentions: 0 })], false, NOW)).toEqual([
    { groupId: 'g', messages: 0, mentions: 2 },
    { groupId: 'd', messages: 3, mentions: 0 },
  ])
})

test('a digest is about everything unread that notifies the person', () => {
  const channel = one({ groupId: 'c', kind: GroupKind.CHANNEL, mentions: 1 })
  expect(
    missedIn([channel, one({ groupId: 'read', unread: 0, mentions: 0 }), one({ mentions: 0 })], true, NOW),
  ).toEqual([
    { groupId: 'c', messages: 0, mentions: 1 },
    { groupId: 'g', messages: 5, mentions: 0 },
  ])
})

test.each<[string, Partial<Unread>]>([
  ['is muted', { preference: { ...DEFAULT_PREFERENCE, mutedUntil: NOW + 1 } }],
  ['notifies of nothing', { preference: level(NotificationLevel.NOTHING) }],
  ['is archived', { archived: true }],
])('a conversation that %s counts for nothing', (_, more) => {
  for (const digest of [false, true]) expect(missedIn([one(more)], digest, NOW)).toEqual([])
})
