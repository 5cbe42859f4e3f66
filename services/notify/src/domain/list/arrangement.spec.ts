import { fold } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Arrangement,
  arrange,
  arrangementFold,
  NOT_ARRANGED,
  onlyListed,
  type Place,
  placed,
  withSections,
} from './arrangement.js'

const WORK = { id: 'w', name: 'Work' }
const HOME = { id: 'h', name: 'Home' }
const WITH_BOTH = withSections(NOT_ARRANGED, [WORK, HOME])
const IN_WORK: Place = { kind: 'section', sectionId: 'w' }

/** All places that a conversation is in. */
const placesOf = ({ sections, favouriteIds, archivedIds }: Arrangement, groupId: string) => [
  ...sections.filter(({ groupIds }) => groupIds.includes(groupId)).map(({ id }) => id),
  ...(favouriteIds.includes(groupId) ? ['favourites'] : []),
  ...(archivedIds.includes(groupId) ? ['archive'] : []),
]

test('a conversation is in one place, whatever was done before', () => {
  const place = fc.oneof(
    fc.constantFrom<Place>({ kind: 'list' }, { kind: 'favourites' }, { kind: 'archive' }),
    fc.constantFrom('w', 'h').map((sectionId): Place => ({ kind: 'section', sectionId })),
  )
  const moves = fc.array(fc.tuple(fc.constantFrom('chess', 'choir'), place), { minLength: 1 })
  fc.assert(
    fc.property(moves, (all) => {
      const end = all.reduce((state, [groupId, to]) => placed(state, groupId, to), WITH_BOTH)
      for (const groupId of ['chess', 'choir']) {
        const last = all.findLast(([id]) => id === groupId)?.[1] ?? { kind: 'list' }
        const expected = last.kind === 'list' ? [] : [last.kind === 'section' ? last.sectionId : last.kind]
        expect(placesOf(end, groupId)).toEqual(expected)
      }
    }),
  )
})

test('what a command decides is what the fold of its events has afterwards', () => {
  const wanted = placed(placed(WITH_BOTH, 'chess', IN_WORK), 'choir', { kind: 'archive' })
  expect(fold(arrangementFold, [...arrange(WITH_BOTH, NOT_ARRANGED), ...arrange(wanted, WITH_BOTH)])).toEqual(wanted)
})

test('what is so already is no event', () => {
  const present = placed(WITH_BOTH, 'chess', IN_WORK)
  expect(arrange(placed(present, 'chess', IN_WORK), present)).toEqual([])
  expect(arrange(withSections(present, [WORK, HOME]), present)).toEqual([])
  expect(arrange(placed(NOT_ARRANGED, 'chess', { kind: 'list' }), NOT_ARRANGED)).toEqual([])
})

test('sections are renamed and ordered with what is in them; one that is removed gives it back to the list', () => {
  const present = placed(WITH_BOTH, 'chess', IN_WORK)
  const renamed = withSections(present, [HOME, { id: 'w', name: ' The  office ' }])
  expect(renamed.sections).toEqual([
    { ...HOME, groupIds: [] },
    { id: 'w', name: 'The office', groupIds: ['chess'] },
  ])
  expect(placesOf(withSections(present, [HOME]), 'chess')).toEqual([])
})

test('refusals: a section that is not there, one that comes twice, a name of which nothing is seen', () => {
  const refused = (reason: ErrorReason) => expect.objectContaining({ reason })
  const nowhere: Place = { kind: 'section', sectionId: 'x' }
  expect(() => placed(WITH_BOTH, 'chess', nowhere)).toThrow(refused(ErrorReason.SECTION_NOT_FOUND))
  expect(() => withSections(NOT_ARRANGED, [WORK, WORK])).toThrow(refused(ErrorReason.INVALID_REQUEST))
  expect(() => withSections(NOT_ARRANGED, [{ id: 'w', name: '\u200b' }])).toThrow(refused(ErrorReason.INVALID_REQUEST))
})

test('groups that the person has left are nowhere', () => {
  const present = placed(placed(WITH_BOTH, 'chess', IN_WORK), 'choir', { kind: 'favourites' })
  expect(onlyListed(present, () => false)).toEqual(WITH_BOTH)
})
