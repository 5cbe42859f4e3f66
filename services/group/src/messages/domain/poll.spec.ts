import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { PollSchema } from '@beseda/proto/group/v1/events'
import { PollInputSchema } from '@beseda/proto/group/v1/group_service'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  composePoll,
  endOf,
  requireEnd,
  requireOptions,
  requireQuestion,
  tallyWith,
  votedEvent,
  voteOf,
} from './poll.js'

const refused = (reason: ErrorReason) => expect.objectContaining({ reason })
const INVALID = refused(ErrorReason.INVALID_REQUEST)
const poll = (fields: MessageInitShape<typeof PollSchema> = {}) =>
  create(PollSchema, { options: ['a', 'b', 'c'], ...fields })
const input = (options: string[]) => create(PollInputSchema, { options, multiple: true })
const DAY = 86_400_000

test('options are lines of their own, none like another', () => {
  expect(composePoll(input([' tea ', 'green\ntea']))).toMatchObject({ options: ['tea', 'green tea'], multiple: true })
  for (const options of [
    ['tea', ' '],
    ['tea', ' tea'],
    ['tea', 'x'.repeat(101)],
  ])
    expect(() => composePoll(input(options))).toThrow(INVALID)
})

test('a question is read at a glance', () => {
  requireQuestion('x'.repeat(300))
  expect(() => requireQuestion('x'.repeat(301))).toThrow(INVALID)
})

test('a poll ends after it has begun, and within a year', () => {
  requireEnd(poll(), 0)
  requireEnd(poll({ endsAt: timestampFromMs(1_001) }), 1_000)
  for (const endsAt of [1_000, 1_001 + 365 * DAY])
    expect(() => requireEnd(poll({ endsAt: timestampFromMs(endsAt) }), 1_000)).toThrow(INVALID)
})

test('it ends when its time has come, or when somebody ends it, whichever is first', () => {
  const timed = poll({ endsAt: timestampFromMs(1_000) })
  expect([endOf(timed, 0, 999), endOf(timed, 0, 1_000), endOf(timed, 500, 2_000), endOf(timed, 1_500, 2_000)]).toEqual([
    0, 1_000, 500, 1_000,
  ])
  expect([endOf(poll(), 0, 9_999), endOf(poll(), 500, 9_999)]).toEqual([0, 500])
})

test('one option is chosen, or several where several may be', () => {
  expect(requireOptions(poll({ multiple: true }), [2, 0])).toEqual([0, 2])
  expect(requireOptions(poll(), [])).toEqual([])
  for (const options of [[3], [0, 1]]) expect(() => requireOptions(poll(), options)).toThrow(INVALID)
})

test('an anonymous vote is told to services alone', () => {
  const vote = { userId: 'ann', options: [1] }
  const state = { tally: [0, 1, 0], voters: 1 }
  const secret = votedEvent('m', vote, poll({ anonymous: true }), state)
  expect(secret).toMatchObject({ options: [], secretVoterId: 'ann', secretOptions: [1], ...state })
  const open = votedEvent('m', vote, poll(), state)
  expect(open).toMatchObject({ options: [1], secretVoterId: '', secretOptions: [], ...state })
  expect([voteOf('', secret), voteOf('ann', open)]).toEqual([vote, vote])
})

test('however people vote and change their minds, the tally is what stands', () => {
  const voted = fc.tuple(fc.constantFrom('ann', 'bob', 'eve'), fc.uniqueArray(fc.nat(2)))
  const property = fc.property(fc.array(voted), (votes) => {
    const standing = new Map<string, readonly number[]>()
    let state = { tally: [0, 0, 0] as readonly number[], voters: 0 }
    for (const [userId, options] of votes) {
      state = tallyWith(state, standing.get(userId) ?? [], options)
      standing.set(userId, options)
    }
    const all = [...standing.values()]
    expect(state).toEqual({
      tally: [0, 1, 2].map((option) => all.filter((options) => options.includes(option)).length),
      voters: all.filter((options) => options.length > 0).length,
    })
  })
  fc.assert(property)
})
