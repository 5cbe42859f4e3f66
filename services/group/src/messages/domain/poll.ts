import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Poll, PollSchema, type PollVoted, PollVotedSchema } from '@beseda/proto/group/v1/events'
import type { PollInput } from '@beseda/proto/group/v1/group_service'
import { cleanLine, hasPollEnded, lengthOf, POLL_LIMITS } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'

const DAY_MS = 86_400_000

/** A vote that stands. */
export interface Vote {
  readonly userId: string
  /** Places of the chosen options, ascending. */
  readonly options: readonly number[]
}

/** How a poll stands, whoever asks. */
export interface PollState {
  readonly tally: readonly number[]
  readonly voters: number
  /** Unix ms; 0: nobody has ended it. */
  readonly endedAt: number
}

/** Errors: INVALID_REQUEST, `field` says of what. */
export function requireQuestion(text: string): void {
  if (lengthOf(text) > POLL_LIMITS.question) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'text' })
}

/** The poll as it is stored. Errors: BAD_TEXT; INVALID_REQUEST for blank, long or equal options. */
export function composePoll({ options: asked, multiple, anonymous, endsAt }: PollInput): Poll {
  const options = asked.map((option) => cleanLine('poll.options', option))
  const isGood = options.every((option) => option !== '' && lengthOf(option) <= POLL_LIMITS.option)
  if (!isGood || new Set(options).size < options.length) {
    throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'poll.options' })
  }
  return create(PollSchema, { options, multiple, anonymous, ...(endsAt ? { endsAt } : {}) })
}

/** A poll begins before it ends, and does not go on for ever. `now`: Unix ms. Errors: INVALID_REQUEST. */
export function requireEnd({ endsAt }: Poll, now: number): void {
  if (!endsAt) return
  const ms = timestampMs(endsAt)
  if (ms <= now || ms > now + POLL_LIMITS.days * DAY_MS) {
    throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'poll.ends_at' })
  }
}

/** When the poll ended (Unix ms); 0: it goes on. */
export function endOf({ endsAt }: Poll, endedAt: number, now: number): number {
  const due = endsAt ? timestampMs(endsAt) : 0
  const isDue = hasPollEnded(due, now)
  if (endedAt > 0) return isDue ? Math.min(endedAt, due) : endedAt
  return isDue ? due : 0
}

/** What a person has chosen, in order. Errors: INVALID_REQUEST. */
export function requireOptions({ options, multiple }: Poll, chosen: readonly number[]): number[] {
  const isGood = chosen.every((option) => option < options.length) && (multiple || chosen.length <= 1)
  if (!isGood) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'options' })
  return chosen.toSorted((a, b) => a - b)
}

export const isSameVote = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((option, i) => option === other[i])

/** How the poll stands when one vote takes the place of another. */
export function tallyWith(
  { tally, voters }: Pick<PollState, 'tally' | 'voters'>,
  before: readonly number[],
  after: readonly number[],
): Pick<PollState, 'tally' | 'voters'> {
  const count = (option: number) => Number(after.includes(option)) - Number(before.includes(option))
  return {
    tally: tally.map((votes, option) => votes + count(option)),
    voters: voters + Number(after.length > 0) - Number(before.length > 0),
  }
}

/** The event of a vote. In an anonymous poll only services read whose it is, and what they chose. */
export function votedEvent(
  messageId: string,
  { userId, options }: Vote,
  { anonymous }: Poll,
  state: Pick<PollState, 'tally' | 'voters'>,
): PollVoted {
  const chosen = [...options]
  const vote = anonymous ? { secretVoterId: userId, secretOptions: chosen } : { options: chosen }
  return create(PollVotedSchema, { messageId, ...vote, tally: [...state.tally], voters: state.voters })
}

/** Whose vote an event is, and what they chose. */
export const voteOf = (actorId: string, { options, secretVoterId, secretOptions }: PollVoted): Vote =>
  secretVoterId === '' ? { userId: actorId, options } : { userId: secretVoterId, options: secretOptions }
