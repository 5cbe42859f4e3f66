import type { PollStanding } from '@beseda/proto/group/v1/poll_service'
import type { Event } from '@beseda/proto/log/v1/commit'
import { msOf } from '../../../sync/model/convert.js'

/** How a poll stands, as this device knows it. */
export interface Standing {
  /** How often each option is chosen. */
  readonly tally: readonly number[]
  readonly voters: number
  /** Places of the options that I have chosen. */
  readonly mine: readonly number[]
  /** Unix ms; 0: it goes on, as far as the server has said. */
  readonly endedAt: number
  /** The counts include all votes up to this sequence; and so does what is mine. */
  readonly asOf: number
  readonly mineAsOf: number
}

const standingOf = ({ tally, voters, mine, endedAt, messagesSeq }: PollStanding): Standing => ({
  ...{ tally, voters, mine, endedAt: msOf(endedAt) },
  ...{ asOf: Number(messagesSeq), mineAsOf: Number(messagesSeq) },
})

/** Of two answers, and of an answer and what has come since, the newer one counts. */
export function withAnswer(known: Standing | undefined, answer: PollStanding): Standing {
  const fresh = standingOf(answer)
  if (!known) return fresh
  const counts = fresh.asOf >= known.asOf ? fresh : known
  const own = fresh.mineAsOf >= known.mineAsOf ? fresh : known
  const endedAt = counts.endedAt || own.endedAt
  return { ...counts, mine: own.mine, mineAsOf: own.mineAsOf, endedAt }
}

/** After a commit. Each vote says how the poll stands with it; of an anonymous poll nobody is told whose vote it is. */
export function withCommit(
  known: Standing,
  messageId: string,
  { events, seq, at }: { readonly events: readonly Event[]; readonly seq: number; readonly at: number },
  me: string,
): Standing {
  if (seq <= known.asOf) return known
  let next = known
  for (const { body, actorId } of events) {
    if (body.case === 'pollVoted' && body.value.messageId === messageId) {
      const { tally, voters, options } = body.value
      next = { ...next, tally, voters, asOf: seq, ...(actorId === me ? { mine: options, mineAsOf: seq } : {}) }
    }
    if (body.case === 'pollEnded' && body.value.messageId === messageId) next = { ...next, endedAt: at, asOf: seq }
  }
  return next
}
