import { GroupKind } from '@beseda/proto/group/v1/events'
import { expect, test } from 'vitest'
import { NOT_ARRANGED } from '../../../sync/model/arrangement.js'
import { type Filter, partsOf, passes } from './list-parts.js'

const conversation = (id: string, { unread = 0, mentions = 0, markedUnread = false, kind = GroupKind.GROUP } = {}) => ({
  id,
  kind,
  read: { unread, mentions, markedUnread },
})
const LIST = [
  conversation('news', { unread: 2, kind: GroupKind.CHANNEL }),
  conversation('ann', { kind: GroupKind.DIRECT, unread: 1, mentions: 1 }),
  conversation('chess'),
  conversation('choir', { unread: 1 }),
  conversation('bob', { kind: GroupKind.DIRECT }),
]
const ARRANGED = {
  sections: [
    { id: 'w', name: 'Work', groupIds: ['choir', 'news'] },
    { id: 'e', name: 'Empty', groupIds: [] },
  ],
  favouriteIds: ['bob', 'gone'],
  archivedIds: ['chess'],
}
const shown = (parts: ReturnType<typeof partsOf>) => parts.map(({ key, rows }) => [key, ...rows.map(({ id }) => id)])
const filtered = (filter: Filter, openId?: string) => shown(partsOf(LIST, ARRANGED, filter, openId))

test('without an arrangement it is one list, the newest first', () => {
  expect(shown(partsOf(LIST, NOT_ARRANGED, 'all', undefined))).toEqual([
    ['list', 'news', 'ann', 'chess', 'choir', 'bob'],
  ])
})

test('every conversation is shown once: favourites, sections in their order, the others, the archive; each the newest first', () => {
  expect(filtered('all')).toEqual([
    ['favourites', 'bob'],
    ['w', 'news', 'choir'],
    ['e'],
    ['list', 'ann'],
    ['archive', 'chess'],
  ])
})

test.each<[Filter, string[]]>([
  ['unread', ['news', 'ann', 'choir']],
  ['mentions', ['ann']],
  ['direct', ['ann', 'bob']],
  ['groups', ['news', 'choir']],
])('%s: one part of what passes, without the archive', (filter, rows) => {
  expect(filtered(filter)).toEqual([['list', ...rows]])
})

test('the open conversation stays when it has been read', () => {
  expect(filtered('mentions', 'bob')).toEqual([['list', 'ann', 'bob']])
})

test('a conversation that was marked as unread is unread, without a message', () => {
  const marked = conversation('chess', { markedUnread: true })
  expect((['unread', 'mentions'] as const).map((filter) => passes(marked, filter))).toEqual([true, false])
})
