import { type GroupUpdated, GroupUpdatedSchema, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { SystemEventSchema } from '@beseda/proto/history/v1/history_service'
import { CommitSchema, type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { MemberJoinedSchema, MemberLeftSchema, MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LaneCommit } from '../../../sync/model/fold.js'
import { afterCommit, countsOf, entriesOf, merged, type SystemEntry, together } from './system-entries.js'

const NOON = new Date(2026, 5, 1, 12).getTime()
const renamed = (name: string): Event['body'] => ({
  case: 'groupUpdated',
  value: create(GroupUpdatedSchema, { name }) satisfies GroupUpdated,
})
const joined = (userId: string): Event['body'] => ({
  case: 'memberJoined',
  value: create(MemberJoinedSchema, { userId }),
})
const left = (userId: string): Event['body'] => ({ case: 'memberLeft', value: create(MemberLeftSchema, { userId }) })
const added = (...userIds: string[]): Event['body'] => ({
  case: 'membersAdded',
  value: create(MembersAddedSchema, { userIds }),
})
const posted: Event['body'] = { case: 'messagePosted', value: create(MessagePostedSchema, { text: 'hello' }) }
const event = (body: Event['body']) => create(EventSchema, { actorId: 'ann', body })
const commit = (seq: number, ...bodies: Event['body'][]): LaneCommit => ({
  lane: 'roster',
  seq,
  prevSeq: seq - 1,
  commit: create(CommitSchema, { time: timestampFromMs(NOON + seq), events: bodies.map(event) }),
})
const fold = (...commits: LaneCommit[]) => commits.reduce<readonly SystemEntry[]>(afterCommit, [])
/** As the server answers: newest first. */
const fetched = (...commits: LaneCommit[]) =>
  merged(
    entriesOf(
      commits
        .flatMap(({ seq, commit: { events, time } }) =>
          events.flatMap((one, index) =>
            one.body.case === 'messagePosted'
              ? []
              : [create(SystemEventSchema, { seq: BigInt(seq), index, time, event: one })],
          ),
        )
        .reverse(),
    ),
    [],
  )
const ids = (entries: readonly SystemEntry[]) => entries.map(({ id }) => id)

test('a page, what is known and the remaining commits give all entries, in any overlap', () => {
  const story = [
    commit(1, joined('a')),
    commit(2, posted, renamed('G')),
    commit(3, left('a'), joined('b')),
    commit(4, posted),
  ]
  const position = fc.nat({ max: story.length })
  fc.assert(
    fc.property(position, position, fc.boolean(), (page, present, again) => {
      const both = merged(fetched(...story.slice(0, page)), fold(...story.slice(0, present)))
      const rest = story.slice(again ? 0 : Math.max(page, present))
      expect(rest.reduce(afterCommit, both)).toEqual(fetched(...story))
    }),
  )
})

test('a commit with nothing to show leaves the list as it is', () => {
  const entries = fold(commit(1, joined('a')))
  expect(afterCommit(entries, commit(2, posted))).toBe(entries)
})

test('what no message separates is together, day by day', () => {
  const day = 24 * 60 * 60_000
  const entries = fold(commit(1, joined('a')), commit(2, joined('b')), commit(4, left('a')), commit(5, left('b')))
  const shape = (others: number[]) => together(entries, others).map((group) => ids(group.entries).join())
  expect(shape([])).toEqual(['1.0,2.0,4.0,5.0'])
  expect(shape([3])).toEqual(['1.0,2.0', '4.0,5.0'])
  expect(shape([0, 6])).toEqual(['1.0,2.0,4.0,5.0'])
  const nextDay = entries.map((one) => (one.seq > 1 ? { ...one, at: one.at + day } : one))
  expect(together(nextDay, []).map((group) => ids(group.entries).join())).toEqual(['1.0', '2.0,4.0,5.0'])
})

test('a group that did not change is the same object', () => {
  const entries = fold(commit(1, joined('a')), commit(3, joined('b')))
  const before = together(entries, [2])
  const after = together(afterCommit(entries, commit(4, left('a'))), [2], before)
  expect(after[0]).toBe(before[0])
  expect(ids(after[1]!.entries)).toEqual(['3.0', '4.0'])
})

test('people are counted, not events', () => {
  const entries = fold(commit(1, added('a', 'b', 'c')), commit(2, joined('d'), left('a'), renamed('G')))
  expect(countsOf(entries)).toEqual({ joined: 4, left: 1, other: 1 })
})
