import type { SqliteView } from '@beseda/event-log'
import type { PollEnded, PollVoted } from '@beseda/proto/group/v1/events'
import type { Placed } from '../../../view/placed.js'
import { voteOf } from '../../domain/poll.js'

/** Of two votes of one person the one with the newer place counts, in whatever order they come. One that is taken back stays as a vote for nothing. */
export function applyVote(view: SqliteView, { groupId, seq, index, event }: Placed, vote: PollVoted): void {
  const { userId, options } = voteOf(event.actorId, vote)
  view.run(
    `INSERT INTO poll_vote VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET seq = excluded.seq, idx = excluded.idx, options = excluded.options WHERE (excluded.seq, excluded.idx) > (poll_vote.seq, poll_vote.idx)`,
    ...[groupId, vote.messageId, userId, seq, index, bitsOf(options)],
  )
}

/** A poll ends once: the first end counts. */
export function applyPollEnd(view: SqliteView, { groupId, seq, at }: Placed, { messageId }: PollEnded): void {
  view.run(
    `INSERT INTO poll_end VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET seq = excluded.seq, at = excluded.at WHERE excluded.seq < poll_end.seq`,
    ...[groupId, messageId, seq, at],
  )
}

/** One bit for each option, so that votes are counted by what was chosen: a poll has at most ten options. */
const bitsOf = (options: readonly number[]): number => options.reduce((bits, option) => bits | (1 << option), 0)

export const optionsIn = (bits: number): number[] =>
  Array.from({ length: 32 - Math.clz32(bits) }, (_, option) => option).filter((option) => bits & (1 << option))
