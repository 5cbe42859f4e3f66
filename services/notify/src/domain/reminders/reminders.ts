import type { EventBody } from '@beseda/event-log'
import type { Event } from '@beseda/proto/log/v1/commit'
import { CallReminder, CallsRemindedSchema } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'

const MINUTE_MS = 60_000
/** How long before a call each choice is. */
const MINUTES: Readonly<Record<Exclude<CallReminder, CallReminder.OFF>, number>> = {
  [CallReminder.FIVE_MINUTES]: 5,
  [CallReminder.UNSPECIFIED]: 10,
  [CallReminder.HALF_HOUR]: 30,
  [CallReminder.HOUR]: 60,
}
/** The longest of them, ms. */
export const LONGEST_MS = 60 * MINUTE_MS
/** How long what was reminded of is remembered after it began. Shorter: clocks of replicas that differ by as much remind twice. */
const KEPT_MS = 60 * MINUTE_MS

/** One call of a schedule. */
export interface Due {
  readonly scheduleId: string
  /** Unix ms. */
  readonly startsAt: number
}

/** A call of which everybody was reminded who wants it this long before. */
export interface Reminded extends Due {
  readonly reminder: CallReminder
}

/** Undefined: the event is about something else. */
export function remindedBy(body: Event['body']): readonly Reminded[] | undefined {
  if (body.case !== 'callsReminded') return undefined
  return body.value.calls.map(({ scheduleId, startsAt, reminder }) => ({
    ...{ scheduleId, startsAt: startsAt ? timestampMs(startsAt) : 0, reminder },
  }))
}

export const remindersFold = {
  initialState: { calls: [] as readonly Reminded[] },
  evolve: (state: { readonly calls: readonly Reminded[] }, body: Event['body']) => {
    const calls = remindedBy(body)
    return calls ? { calls } : state
  },
}

/**
 * What people are to be reminded of now: of each call by each choice once, from its time until the call begins. So whoever was to be
 * reminded while no process ran is reminded late, and of a call that was arranged at short notice at once.
 */
export function dueNow(calls: readonly Due[], done: readonly Reminded[], now: number): readonly Reminded[] {
  const known = new Set(done.map(keyOf))
  return calls.flatMap(({ scheduleId, startsAt }) =>
    Object.entries(MINUTES)
      .filter(([, minutes]) => startsAt - minutes * MINUTE_MS <= now && now < startsAt)
      .map(([choice]): Reminded => ({ scheduleId, startsAt, reminder: Number(choice) }))
      .filter((one) => !known.has(keyOf(one))),
  )
}

/** Notes that people were reminded; what is long over is forgotten. */
export function noteReminded(wanted: readonly Reminded[], present: readonly Reminded[], now: number): EventBody[] {
  const known = new Set(present.map(keyOf))
  const added = wanted.filter((one) => !known.has(keyOf(one)))
  if (added.length === 0) return []
  const calls = [...present.filter(({ startsAt }) => startsAt > now - KEPT_MS), ...added]
  const value = { calls: calls.map((one) => ({ ...one, startsAt: timestampFromMs(one.startsAt) })) }
  return [{ case: 'callsReminded', value: create(CallsRemindedSchema, value) }]
}

/** Of a group that was deleted nothing is kept. */
export const forgetReminded = (present: readonly Reminded[]): EventBody[] =>
  present.length === 0 ? [] : [{ case: 'callsReminded', value: create(CallsRemindedSchema) }]

const keyOf = ({ scheduleId, startsAt, reminder }: Reminded): string => `${scheduleId} ${startsAt} ${reminder}`
