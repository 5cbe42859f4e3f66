import type { EventBody } from '@beseda/event-log'
import type { Event } from '@beseda/proto/log/v1/commit'
import { InvitationsSentSchema } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'

/** Scheduled calls that one person is invited to at a time, as many as a calendar has. More: an event that grows; fewer: calls that are missing. */
const MOST_INVITED = 200

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

/** A scheduled call of one of the person's groups that is not over. */
export interface Ahead extends Pick<Invited, 'groupId' | 'scheduleId' | 'sequence' | 'startsAt' | 'endsAt'> {
  /** Of somebody whom the person has blocked: nothing more is said of it. */
  readonly blocked: boolean
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
 * What a person is to be told: calls of which they know nothing, or an older state, and those that are not theirs any more. What is over is
 * told to nobody.
 */
export function lettersFor(present: readonly Invited[], ahead: readonly Ahead[], now: number): readonly Invited[] {
  const known = new Map(present.map((one) => [one.scheduleId, one]))
  const told = ahead
    .filter(({ blocked, endsAt }) => !blocked && endsAt > now)
    .flatMap(({ blocked: _, ...call }): Invited[] => {
      const before = known.get(call.scheduleId)
      if (before && !before.cancelled && before.sequence >= call.sequence) return []
      const letterSequence = before ? Math.max(call.sequence, before.letterSequence + 1) : call.sequence
      return [{ ...call, letterSequence, cancelled: false }]
    })
  const standing = new Set(ahead.map(({ scheduleId }) => scheduleId))
  const ended = present
    .filter(({ scheduleId, cancelled, endsAt }) => !cancelled && endsAt > now && !standing.has(scheduleId))
    .map((one): Invited => ({ ...one, letterSequence: one.letterSequence + 1, cancelled: true }))
  const room = MOST_INVITED - present.filter(({ endsAt }) => endsAt > now).length
  const isKnown = ({ scheduleId }: Invited) => known.has(scheduleId)
  return [...ended, ...told.filter(isKnown), ...told.filter((one) => !isKnown(one)).slice(0, Math.max(0, room))]
}

/** Notes letters that are queued; what is over is forgotten. */
export function noteInvited(letters: readonly Invited[], present: readonly Invited[], now: number): EventBody[] {
  if (letters.length === 0) return []
  const all = new Map([...present, ...letters].map((one) => [one.scheduleId, one]))
  const calls = [...all.values()]
    .filter(({ endsAt }) => endsAt > now)
    .map((one) => ({ ...one, startsAt: timestampFromMs(one.startsAt), endsAt: timestampFromMs(one.endsAt) }))
  return [{ case: 'invitationsSent', value: create(InvitationsSentSchema, { calls }) }]
}

/** Nothing is kept of somebody whose account was deleted. */
export const forgetInvited = (present: readonly Invited[]): EventBody[] =>
  present.length === 0 ? [] : [{ case: 'invitationsSent', value: create(InvitationsSentSchema) }]
