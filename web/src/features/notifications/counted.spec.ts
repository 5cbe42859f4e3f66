import { GroupKind } from '@beseda/proto/group/v1/events'
import { NotificationLevel as Level } from '@beseda/proto/notify/v1/events'
import { expect, test } from 'vitest'
import { NOTHING_READ } from '../../sync/model/model.js'
import { countedIn } from './counted.js'

const NOW = 1_000
const counted = (read: { unread: number; mentions: number }, level: Level, mutedUntil = 0, kind = GroupKind.GROUP) =>
  countedIn({ kind, read: { ...NOTHING_READ, ...read } }, { level, mutedUntil }, NOW)

test('a conversation counts once, or once for each mention', () => {
  expect(counted({ unread: 7, mentions: 0 }, Level.UNSPECIFIED)).toBe(1)
  expect(counted({ unread: 7, mentions: 3 }, Level.ALL)).toBe(3)
  expect(counted({ unread: 0, mentions: 2 }, Level.ALL)).toBe(2)
  expect(counted({ unread: 0, mentions: 0 }, Level.ALL)).toBe(0)
})

test('of a conversation set to mentions, and of a channel by default, only mentions count', () => {
  expect(counted({ unread: 7, mentions: 0 }, Level.MENTIONS)).toBe(0)
  expect(counted({ unread: 7, mentions: 1 }, Level.MENTIONS)).toBe(1)
  expect(counted({ unread: 7, mentions: 0 }, Level.UNSPECIFIED, 0, GroupKind.CHANNEL)).toBe(0)
})

test('muted or set to nothing, it does not count; when the mute is over, it does again', () => {
  expect(counted({ unread: 7, mentions: 3 }, Level.NOTHING)).toBe(0)
  expect(counted({ unread: 7, mentions: 3 }, Level.ALL, NOW + 1)).toBe(0)
  expect(counted({ unread: 7, mentions: 3 }, Level.ALL, NOW)).toBe(3)
})
