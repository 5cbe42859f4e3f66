import type { EventBody } from '@beseda/event-log'
import type { Event } from '@beseda/proto/log/v1/commit'
import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { CalendarKeptSchema } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import { retryAt } from './patience.js'

/** Scheduled calls in one calendar, as many as under the secret link. More: an event that grows; fewer: calls that are missing. */
const MOST_ENTRIES = 200

export interface Connection {
  /** Another one each time that one is connected. */
  readonly id: string
  readonly url: string
  readonly name: string
  readonly userName: string
  readonly sealedPassword: Uint8Array
  readonly titles: boolean
  /** Links to calls begin with it. */
  readonly origin: string
}

/** A scheduled call as it stands in the calendar. Times in Unix ms. */
export interface Entry {
  readonly groupId: string
  readonly scheduleId: string
  readonly sequence: number
  /** With its title. */
  readonly titled: boolean
  readonly endsAt: number
}

export interface Failure {
  readonly reason: CalendarFailure
  /** In a row. */
  readonly attempts: number
  /** Undefined: it is not tried again. */
  readonly retryAt: number | undefined
}

/** What is kept of the calendar of one person. */
export interface KeptCalendar {
  readonly connection: Connection | undefined
  readonly entries: readonly Entry[]
  /** It is being disconnected: what is there is taken out. */
  readonly ending: boolean
  readonly failure: Failure | undefined
}

export const NO_CALENDAR: KeptCalendar = { connection: undefined, entries: [], ending: false, failure: undefined }

/** A scheduled call of one of the person's groups, of which at least one time is left. */
export type Standing = Omit<Entry, 'titled'>

export interface Steps {
  readonly remove: readonly Entry[]
  readonly write: readonly Standing[]
}

/** What a round has done in a calendar. */
export interface Done {
  readonly connectionId: string
  readonly written: readonly Entry[]
  readonly removed: readonly Entry[]
  readonly failure: CalendarFailure | undefined
}

/** Undefined: the event is about something else. */
export function keptBy(body: Event['body']): KeptCalendar | undefined {
  if (body.case !== 'calendarKept') return undefined
  const { connection, entries, ending, failure, attempts, retryAt: at } = body.value
  return {
    connection: connection && {
      ...{ id: connection.id, url: connection.url, name: connection.name, userName: connection.userName },
      ...{ sealedPassword: connection.sealedPassword, titles: connection.titles, origin: connection.origin },
    },
    entries: entries.map(({ groupId, scheduleId, sequence, titled, endsAt }) => ({
      ...{ groupId, scheduleId, sequence, titled, endsAt: endsAt ? timestampMs(endsAt) : 0 },
    })),
    ending,
    failure:
      failure === CalendarFailure.UNSPECIFIED
        ? undefined
        : { reason: failure, attempts, retryAt: at && timestampMs(at) },
  }
}

export function eventOf({ connection, entries, ending, failure }: KeptCalendar): EventBody {
  const value = create(CalendarKeptSchema, {
    ...(connection ? { connection } : {}),
    entries: entries.map((one) => ({ ...one, endsAt: timestampFromMs(one.endsAt) })),
    ending,
    ...(failure ? { failure: failure.reason, attempts: failure.attempts } : {}),
    ...(failure?.retryAt === undefined ? {} : { retryAt: timestampFromMs(failure.retryAt) }),
  })
  return { case: 'calendarKept', value }
}

export const calendarFold = {
  initialState: NO_CALENDAR,
  evolve: (state: KeptCalendar, body: Event['body']) => keptBy(body) ?? state,
}

/**
 * What is to be done in a calendar: calls that are missing there or are in an older state are written, those that are not the person's any more,
 * or were called off, are removed. What is over stays, and is told its newest state if that is newer.
 */
export function stepsFor(kept: KeptCalendar, standing: readonly Standing[], now: number): Steps {
  const { connection, entries, ending } = kept
  const present = entries.filter(({ endsAt }) => endsAt > now)
  if (!connection) return { remove: [], write: [] }
  if (ending) return { remove: entries, write: [] }
  const known = new Map(present.map((one) => [one.scheduleId, one]))
  const isOld = (one: Standing) => {
    const before = known.get(one.scheduleId)
    return before && (before.sequence < one.sequence || before.titled !== connection.titles)
  }
  const left = new Set(standing.map(({ scheduleId }) => scheduleId))
  const fresh = standing.filter((one) => one.endsAt > now && !known.has(one.scheduleId))
  const room = Math.max(0, MOST_ENTRIES - present.length)
  return {
    remove: present.filter(({ scheduleId }) => !left.has(scheduleId)),
    write: [...standing.filter(isOld), ...fresh.slice(0, room)],
  }
}

/** The same calendar gets the new password and choice, and keeps what is in it. Another one begins empty. */
export function connect(wanted: Connection, present: KeptCalendar): readonly EventBody[] {
  const { connection: before } = present
  // The same command again.
  if (before?.id === wanted.id) return []
  const isSame = before?.url === wanted.url && before.userName === wanted.userName
  return [eventOf({ ...NO_CALENDAR, connection: wanted, entries: isSame ? present.entries : [] })]
}

/** `removes`: calls that are there are taken out before; it ends then. */
export function disconnect(removes: boolean, present: KeptCalendar, now: number): readonly EventBody[] {
  if (!present.connection) return []
  const entries = present.entries.filter(({ endsAt }) => endsAt > now)
  // Also when nothing is there yet: a round may be writing just now, and notes it later.
  if (!removes) return [eventOf(NO_CALENDAR)]
  return present.ending ? [] : [eventOf({ ...present, entries, ending: true, failure: undefined })]
}

/** Notes what a round has done. Nothing is noted of a calendar that was disconnected meanwhile. */
export function note(done: Done, present: KeptCalendar, now: number): readonly EventBody[] {
  const { connection, entries, ending } = present
  if (connection?.id !== done.connectionId) return []
  const gone = new Set([...done.removed, ...done.written].map(({ scheduleId }) => scheduleId))
  const kept = [...entries.filter(({ scheduleId }) => !gone.has(scheduleId)), ...done.written]
  const after = kept.filter(({ endsAt }) => endsAt > now)
  const failure = done.failure === undefined ? undefined : failureAfter(done.failure, present.failure, now)
  // What cannot be taken out is left there, and the password with which it was tried is forgotten.
  const isOver = ending && (after.length === 0 || (failure !== undefined && failure.retryAt === undefined))
  return [eventOf(isOver ? NO_CALENDAR : { ...present, entries: after, failure })]
}

/** Nothing is kept of somebody whose account was deleted. */
export const forget = (present: KeptCalendar): readonly EventBody[] =>
  present.connection ? [eventOf(NO_CALENDAR)] : []

function failureAfter(reason: CalendarFailure, before: Failure | undefined, now: number): Failure {
  const attempts = (before?.attempts ?? 0) + 1
  return { reason, attempts, retryAt: retryAt(reason, attempts, now) }
}
