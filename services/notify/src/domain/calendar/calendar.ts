import type { EventBody } from '@beseda/event-log'
import type { Event } from '@beseda/proto/log/v1/commit'
import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { CalendarKeptSchema } from '@beseda/proto/notify/v1/events'
import { create, type MessageShape } from '@bufbuild/protobuf'
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

/** A call that the server did not take, or not let go, while it takes others. */
export interface Refused {
  readonly groupId: string
  readonly scheduleId: string
  /** As it was to be there. */
  readonly sequence: number
  /** It was to be taken out. */
  readonly removing: boolean
  readonly failure: Failure
}

/** What is kept of the calendar of one person. */
export interface KeptCalendar {
  readonly connection: Connection | undefined
  readonly entries: readonly Entry[]
  /** It is being disconnected: what is there is taken out. */
  readonly ending: boolean
  /** Of the calendar: nothing is tried there until it is over. */
  readonly failure: Failure | undefined
  /** They hold up nothing but themselves. */
  readonly refused: readonly Refused[]
}

export const NO_CALENDAR: KeptCalendar = {
  ...{ connection: undefined, entries: [], ending: false, failure: undefined, refused: [] },
}

/** A scheduled call of one of the person's groups, of which at least one time is left. */
export type Standing = Omit<Entry, 'titled'>

export interface Steps {
  readonly remove: readonly Entry[]
  readonly write: readonly Standing[]
}

/** What a round has done in a calendar. */
export interface Done {
  readonly connection: Pick<Connection, 'id' | 'url' | 'userName'>
  readonly written: readonly Entry[]
  readonly removed: readonly Entry[]
  readonly refused: readonly RefusedNow[]
  /** Of the calendar. */
  readonly failure: CalendarFailure | undefined
  /** Ids of the schedules that were the person's: what was refused of others is forgotten. */
  readonly standing: ReadonlySet<string>
}

/** Just refused: how often, and what follows, is not known here. */
export type RefusedNow = Omit<Refused, 'failure'> & { readonly reason: CalendarFailure }

/** Undefined: the event is about something else. */
export function keptBy(body: Event['body']): KeptCalendar | undefined {
  if (body.case !== 'calendarKept') return undefined
  const { connection, entries, ending, refused } = body.value
  return {
    connection: connection && {
      ...{ id: connection.id, url: connection.url, name: connection.name, userName: connection.userName },
      ...{ sealedPassword: connection.sealedPassword, titles: connection.titles, origin: connection.origin },
    },
    entries: entries.map(({ groupId, scheduleId, sequence, titled, endsAt }) => ({
      ...{ groupId, scheduleId, sequence, titled, endsAt: endsAt ? timestampMs(endsAt) : 0 },
    })),
    ending,
    failure: body.value.failure === CalendarFailure.UNSPECIFIED ? undefined : failureIn(body.value),
    refused: refused.map((one) => {
      const { groupId, scheduleId, sequence, removing } = one
      return { groupId, scheduleId, sequence, removing, failure: failureIn(one) }
    }),
  }
}

type FailureFields = Pick<MessageShape<typeof CalendarKeptSchema>, 'failure' | 'attempts' | 'retryAt'>

const failureIn = ({ failure, attempts, retryAt: at }: FailureFields): Failure => ({
  ...{ reason: failure, attempts, retryAt: at && timestampMs(at) },
})

const fieldsOf = ({ reason, attempts, retryAt: at }: Failure) => ({
  ...{ failure: reason, attempts, ...(at === undefined ? {} : { retryAt: timestampFromMs(at) }) },
})

export function eventOf({ connection, entries, ending, failure, refused }: KeptCalendar): EventBody {
  const value = create(CalendarKeptSchema, {
    ...(connection ? { connection } : {}),
    entries: entries.map((one) => ({ ...one, endsAt: timestampFromMs(one.endsAt) })),
    ending,
    ...(failure ? fieldsOf(failure) : {}),
    refused: refused.map(({ failure: why, ...one }) => ({ ...one, ...fieldsOf(why) })),
  })
  return { case: 'calendarKept', value }
}

export const calendarFold = {
  initialState: NO_CALENDAR,
  evolve: (state: KeptCalendar, body: Event['body']) => keptBy(body) ?? state,
}

/**
 * What is to be done in a calendar: calls that are missing there or are in an older state are written, those that are not the person's any more,
 * or were called off, are removed. What is over stays, and is told its newest state if that is newer. What was refused waits for its time, or for
 * another state of the call.
 */
export function stepsFor(kept: KeptCalendar, standing: readonly Standing[], now: number): Steps {
  const { connection, entries, ending, refused } = kept
  const present = entries.filter(({ endsAt }) => endsAt > now)
  if (!connection) return { remove: [], write: [] }
  const waiting = new Map(refused.filter((one) => isWaiting(one, now)).map((one) => [keyOf(one), one.sequence]))
  const isRemovable = ({ scheduleId }: Entry) => !waiting.has(keyOf({ scheduleId, removing: true }))
  if (ending) return { remove: entries.filter(isRemovable), write: [] }
  const isWritable = ({ scheduleId, sequence }: Standing) =>
    (waiting.get(keyOf({ scheduleId, removing: false })) ?? -1) < sequence
  const known = new Map(present.map((one) => [one.scheduleId, one]))
  const isOld = (one: Standing) => {
    const before = known.get(one.scheduleId)
    return before && (before.sequence < one.sequence || before.titled !== connection.titles)
  }
  const left = new Set(standing.map(({ scheduleId }) => scheduleId))
  const possible = standing.filter(isWritable)
  const fresh = possible.filter((one) => one.endsAt > now && !known.has(one.scheduleId))
  const room = Math.max(0, MOST_ENTRIES - present.length)
  return {
    remove: present.filter((one) => !left.has(one.scheduleId) && isRemovable(one)),
    write: [...possible.filter(isOld), ...fresh.slice(0, room)],
  }
}

/** Whether a round has something to do: an ending calendar that is empty is left. */
export const isDue = ({ ending, entries }: KeptCalendar, { remove, write }: Steps): boolean =>
  (ending && entries.length === 0) || remove.length > 0 || write.length > 0

/** What the person is told: what is wrong with the calendar, else with a call in it, that which is tried again first. */
export function failureOf({ failure, refused }: KeptCalendar): Failure | undefined {
  const timeOf = (one: Refused) => one.failure.retryAt ?? Number.POSITIVE_INFINITY
  return failure ?? refused.toSorted((a, b) => timeOf(a) - timeOf(b))[0]?.failure
}

const isWaiting = ({ failure }: Refused, now: number): boolean => failure.retryAt === undefined || failure.retryAt > now

/** Writing one that was refused and taking it out are two things. */
const keyOf = ({ scheduleId, removing }: Pick<Refused, 'scheduleId' | 'removing'>): string =>
  `${removing ? 'remove' : 'write'} ${scheduleId}`

const isSame = (one: Pick<Connection, 'url' | 'userName'>, other: Pick<Connection, 'url' | 'userName'>): boolean =>
  one.url === other.url && one.userName === other.userName

/**
 * The same calendar gets the new password and choice, and keeps what is in it. Another one begins empty. While calls are being taken out nobody
 * knows which are still there: all of them are written anew, which changes nothing where they are.
 */
export function connect(wanted: Connection, present: KeptCalendar): readonly EventBody[] {
  const { connection: before } = present
  // The same command again.
  if (before?.id === wanted.id) return []
  const kept = before && isSame(before, wanted) ? present.entries : []
  const entries = present.ending ? kept.map((one) => ({ ...one, titled: !wanted.titles })) : kept
  return [eventOf({ ...NO_CALENDAR, connection: wanted, entries })]
}

/** `removes`: calls that are there are taken out before; it ends then. */
export function disconnect(removes: boolean, present: KeptCalendar, now: number): readonly EventBody[] {
  if (!present.connection) return []
  const entries = present.entries.filter(({ endsAt }) => endsAt > now)
  // Also when nothing is there yet: a round may be writing just now, and notes it later.
  if (!removes) return [eventOf(NO_CALENDAR)]
  return present.ending ? [] : [eventOf({ ...present, entries, ending: true, failure: undefined, refused: [] })]
}

/**
 * Notes what a round has done. Nothing is noted of a calendar that was disconnected meanwhile; of one that was connected again, only what is there:
 * what went wrong did so with the password and choices of before.
 */
export function note(done: Done, present: KeptCalendar, now: number): readonly EventBody[] {
  const { connection, entries, ending } = present
  if (!connection || !isSame(connection, done.connection)) return []
  const gone = new Set([...done.removed, ...done.written].map(({ scheduleId }) => scheduleId))
  const kept = [...entries.filter(({ scheduleId }) => !gone.has(scheduleId)), ...done.written]
  const after = kept.filter(({ endsAt }) => endsAt > now)
  if (connection.id !== done.connection.id) return [eventOf({ ...present, entries: after })]
  const failure = done.failure === undefined ? undefined : failureAfter(done.failure, present.failure, now)
  const refused = refusedAfter(done, { ...present, entries: after }, now)
  // What cannot be taken out is left there, and the password with which it was tried is forgotten.
  const isLeft = ({ scheduleId }: Entry) =>
    refused.some((one) => one.scheduleId === scheduleId && one.removing && one.failure.retryAt === undefined)
  const isOver = ending && (after.every(isLeft) || (failure !== undefined && failure.retryAt === undefined))
  return [eventOf(isOver ? NO_CALENDAR : { ...present, entries: after, failure, refused })]
}

/** What was refused before and was not done stays, as long as it is to be done. */
function refusedAfter(done: Done, { entries, refused }: KeptCalendar, now: number): readonly Refused[] {
  const before = new Map(refused.map((one) => [keyOf(one), one]))
  const present = new Set(entries.map(({ scheduleId }) => scheduleId))
  const settled = new Set([
    ...done.written.map(({ scheduleId }) => keyOf({ scheduleId, removing: false })),
    ...done.refused.map(keyOf),
  ])
  const isOpen = (one: Refused) => (one.removing ? present : done.standing).has(one.scheduleId)
  const fresh = done.refused.map(({ reason, ...one }) => {
    const earlier = before.get(keyOf(one))
    const isAgain = earlier !== undefined && (one.removing || earlier.sequence === one.sequence)
    return { ...one, failure: failureAfter(reason, isAgain ? earlier.failure : undefined, now) }
  })
  return [...refused.filter((one) => !settled.has(keyOf(one)) && isOpen(one)), ...fresh]
}

/** Nothing is kept of somebody whose account was deleted. */
export const forget = (present: KeptCalendar): readonly EventBody[] =>
  present.connection ? [eventOf(NO_CALENDAR)] : []

function failureAfter(reason: CalendarFailure, before: Failure | undefined, now: number): Failure {
  const attempts = (before?.attempts ?? 0) + 1
  return { reason, attempts, retryAt: retryAt(reason, attempts, now) }
}
