import { PollEndedSchema, PollVotedSchema } from '@beseda/proto/group/v1/events'
import { PollStandingSchema } from '@beseda/proto/group/v1/poll_service'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withAnswer, withCommit } from './standing.js'

const answer = (messagesSeq: number, fields: MessageInitShape<typeof PollStandingSchema> = {}) =>
  create(PollStandingSchema, { tally: [1, 0], voters: 1, messagesSeq: BigInt(messagesSeq), ...fields })
const voted = (actorId: string, options: number[], tally: number[], messageId = 'm'): Event =>
  create(EventSchema, {
    actorId,
    body: { case: 'pollVoted', value: create(PollVotedSchema, { messageId, options, tally, voters: tally.length }) },
  })
const ended: Event = create(EventSchema, {
  body: { case: 'pollEnded', value: create(PollEndedSchema, { messageId: 'm' }) },
})
const known = withAnswer(undefined, answer(5))
const after = (seq: number, ...events: Event[]) => withCommit(known, 'm', { events, seq, at: 70 }, 'ann')

test('votes are as the last event says, and mine is mine wherever I have voted', () => {
  const next = after(6, voted('bob', [1], [1, 1]), voted('ann', [0], [2, 1]))
  expect(next).toMatchObject({ tally: [2, 1], mine: [0], asOf: 6, mineAsOf: 6 })
  expect(after(6, voted('', [], [1, 1]))).toMatchObject({ tally: [1, 1], mine: [], asOf: 6, mineAsOf: 5 })
})

test('what an answer includes already changes nothing, nor does another poll', () => {
  expect(after(5, voted('ann', [0], [2, 1]))).toBe(known)
  expect(after(6, voted('ann', [0], [2, 1], 'other'))).toBe(known)
})

test('the end comes once', () => {
  expect(after(6, ended)).toMatchObject({ endedAt: 70, tally: [1, 0] })
})

test('an answer that was overtaken brings what is mine and leaves the counts', () => {
  const live = after(8, voted('', [], [3, 3]))
  expect(withAnswer(live, answer(7, { mine: [1] }))).toMatchObject({ tally: [3, 3], mine: [1], asOf: 8, mineAsOf: 7 })
  expect(withAnswer(live, answer(9, { tally: [4, 4] }))).toMatchObject({ tally: [4, 4], asOf: 9 })
  const mine = after(8, voted('ann', [1], [3, 3]))
  expect(withAnswer(mine, answer(7, { mine: [0] }))).toMatchObject({ mine: [1] })
})

test('whatever answers come between the votes, in the end it is as the log has it', () => {
  const vote = fc.record({ who: fc.constantFrom('ann', 'bob', 'eve'), options: fc.subarray([0, 1]) })
  const votes = fc.array(fc.array(vote, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 })
  /** After which commit an answer comes, and as of which. */
  const answers = fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 8 })
  const property = fc.property(votes, answers, fc.nat(8), (log, between, first) => {
    const states = [{ standing: new Map<string, readonly number[]>(), events: [] as Event[] }]
    for (const commit of log) {
      const standing = new Map(states.at(-1)?.standing)
      const events = commit.map(({ who, options }) => {
        standing.set(who, options)
        return voted(who, options, tallyOf(standing))
      })
      states.push({ standing, events })
    }
    const asOf = (seq: number) => {
      const { standing = new Map<string, readonly number[]>() } = states[seq] ?? {}
      return answer(seq, { tally: tallyOf(standing), mine: [...(standing.get('ann') ?? [])] })
    }
    const start = Math.min(first, log.length)
    // The first answer has what was told before it came: otherwise it is asked for again.
    let shown = withAnswer(undefined, asOf(start))
    for (let seq = 1; seq <= log.length; seq++) {
      for (const [, seen] of between.filter(([after]) => after === seq))
        shown = withAnswer(shown, asOf(Math.min(seen, log.length)))
      shown = withCommit(shown, 'm', { events: states[seq]?.events ?? [], seq, at: 70 }, 'ann')
    }
    const { standing = new Map<string, readonly number[]>() } = states.at(-1) ?? {}
    expect(shown).toMatchObject({ tally: tallyOf(standing), mine: standing.get('ann') ?? [] })
  })
  fc.assert(property)
})

const tallyOf = (standing: ReadonlyMap<string, readonly number[]>): number[] =>
  [0, 1].map((option) => [...standing.values()].filter((options) => options.includes(option)).length)
