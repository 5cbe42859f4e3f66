import { GroupKind } from '@beseda/proto/group/v1/events'
import { NotificationLevel as Level } from '@beseda/proto/notify/v1/events'
import { expect, test } from 'vitest'
import { NOTHING_READ } from '../../sync/model/model.js'
import { countedIn, isCalledIn } from './counted.js'

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

test('a mention is shown beside the inbox, unless the conversation is muted or set to nothing', () => {
  const called = (mentions: number, level: Level, mutedUntil = 0) => {
    const read = { ...NOTHING_READ, unread: 7, mentions }
    return isCalledIn({ kind: GroupKind.GROUP, read }, { level, mutedUntil }, NOW)
  }
  expect([called(1, Level.ALL), called(1, Level.MENTIONS), called(0, Level.ALL)]).toEqual([true, true, false])
  expect([called(1, Level.NOTHING), called(1, Level.ALL, NOW + 1)]).toEqual([false, false])
})

test('muted or set to nothing, it does not count; when the mute is over, it does again', () => {
  expect(counted({ unread: 7, mentions: 3 }, Level.NOTHING)).toBe(0)
  expect(counted({ unread: 7, mentions: 3 }, Level.ALL, NOW + 1)).toBe(0)
  expect(counted({ unread: 7, mentions: 3 }, Level.ALL, NOW)).toBe(3)
})
