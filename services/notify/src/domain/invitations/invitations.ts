import type { EventBody } from '@beseda/event-log'
import type { Event } from '@beseda/proto/log/v1/commit'
import { InvitationsSentSchema } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'

/** Scheduled calls that one person is invited to at a time, as many as a calendar has. More: an event that grows; fewer: calls that are missing. */
const MOST_INVITED = 200
/**
 * Calls that were called off of which it is kept by which number, until they would be over. More: an event that grows; fewer: who comes back
 * to a group after that is invited by a number that their calendar takes for an old one.
 */
const MOST_CANCELLED = 200

/** The newest letter to a person about one scheduled call. Times in Unix ms. */
export interface Invited {
  readonly groupId: string
  readonly scheduleId: string
  /** Of the schedule. */
  readonly sequence: number
  /** In the letter: rises with each of them, also when somebody leaves the group and comes back. */
  readonly letterSequence: number
  readonly startsAt: number
  readonly endsAt: number
  readonly cancelled: boolean
}

/** A scheduled call of one of the person's groups that is not over. `startsAt`: of the first that is not. */
export interface Ahead extends Pick<Invited, 'groupId' | 'scheduleId' | 'sequence' | 'startsAt' | 'endsAt'> {
  /** Of somebody whom the person has blocked: nothing more is said of it. */
  readonly blocked: boolean
  /** The person has said that they do not come: nothing more is said but that it is called off. */
  readonly declined: boolean
  /** The group is: nobody is invited anew. */
  readonly archived: boolean
}

/** Undefined: the event is about something else. */
export function invitedBy(body: Event['body']): readonly Invited[] | undefined {
  if (body.case !== 'invitationsSent') return undefined
  return body.value.calls.map(({ groupId, scheduleId, sequence, letterSequence, startsAt, endsAt, cancelled }) => ({
    ...{ groupId, scheduleId, sequence, letterSequence, cancelled },
    ...{ startsAt: startsAt ? timestampMs(startsAt) : 0, endsAt: endsAt ? timestampMs(endsAt) : 0 },
  }))
}

export const invitationsFold = {
  initialState: { invited: [] as readonly Invited[] },
  evolve: (state: { readonly invited: readonly Invited[] }, body: Event['body']) => {
    const invited = invitedBy(body)
    return invited ? { invited } : state
  },
}

/**
 * What a person is to be told: calls of which they know nothing, or an older state, and those that are not theirs any more, or of which only
 * the past is left. What is over is told to nobody.
 */
export function lettersFor(present: readonly Invited[], ahead: readonly Ahead[], now: number): readonly Invited[] {
  const known = new Map(present.map((one) => [one.scheduleId, one]))
  const isStanding = ({ scheduleId }: Pick<Invited, 'scheduleId'>) => known.get(scheduleId)?.cancelled === false
  const told = ahead
    .filter((one) => one.endsAt > now && !one.blocked && !one.declined && (isStanding(one) || !one.archived))
    .flatMap(({ blocked: _, declined: __, archived: ___, ...call }): Invited[] => {
      const before = known.get(call.scheduleId)
      if (before && !before.cancelled && before.sequence >= call.sequence) return []
      const letterSequence = before ? Math.max(call.sequence, before.letterSequence + 1) : call.sequence
      return [{ ...call, letterSequence, cancelled: false }]
    })
  const left = new Set(ahead.map(({ scheduleId }) => scheduleId))
  const standing = present.filter(({ cancelled, endsAt }) => !cancelled && endsAt > now)
  const ended = standing
    .filter(({ scheduleId }) => !left.has(scheduleId))
    .map((one): Invited => ({ ...one, letterSequence: one.letterSequence + 1, cancelled: true }))
  const room = Math.max(0, MOST_INVITED - standing.length)
  return [...ended, ...told.filter(isStanding), ...told.filter((one) => !isStanding(one)).slice(0, room)]
}

/** Notes letters that are queued; what is over is forgotten, and of what is called off what was so the longest, if there is much of it. */
export function noteInvited(letters: readonly Invited[], present: readonly Invited[], now: number): EventBody[] {
  if (letters.length === 0) return []
  const written = new Set(letters.map(({ scheduleId }) => scheduleId))
  const all = [...present.filter(({ scheduleId }) => !written.has(scheduleId)), ...letters].filter(
    ({ endsAt }) => endsAt > now,
  )
  const kept = new Set(all.filter(({ cancelled }) => cancelled).slice(-MOST_CANCELLED))
  const calls = all
    .filter((one) => !one.cancelled || kept.has(one))
    .map((one) => ({ ...one, startsAt: timestampFromMs(one.startsAt), endsAt: timestampFromMs(one.endsAt) }))
  return [{ case: 'invitationsSent', value: create(InvitationsSentSchema, { calls }) }]
}

/** Nothing is kept of somebody whose account was deleted. */
export const forgetInvited = (present: readonly Invited[]): EventBody[] =>
  present.length === 0 ? [] : [{ case: 'invitationsSent', value: create(InvitationsSentSchema) }]
