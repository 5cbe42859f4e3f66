import { type EventBody } from '@beseda/event-log'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { MailChoice, MissedNotedSchema, MissedSettledSchema } from '@beseda/proto/notify/v1/events'
import { type DailyHours, isQuiet, minuteOfDay } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'

const MINUTE_MS = 60_000
/** When the digest comes, in the person's time zone: at eight in the morning. */
const DIGEST_MINUTE = 8 * 60
const DAY_MINUTES = 24 * 60
/** At most this long a change of the clock moves the minute of the day. */
const CLOCK_CHANGE_MINUTES = 120

/** A person has missed something, and will be written to. Times in Unix ms. */
export interface Missed {
  readonly since: number
  readonly dueAt: number
  /** A digest of unread conversations, rather than mentions and direct messages. */
  readonly digest: boolean
}

/** Of one person. */
export interface MissedState {
  /** Undefined: there is nothing to write about. */
  readonly waiting: Missed | undefined
  /** Letters about mentions and direct messages since the person was last there, or read something. */
  readonly letters: number
}

export const nothingMissed: MissedState = { waiting: undefined, letters: 0 }

/** Undefined: the event is about something else. */
export function changeOf(body: Event['body']): { readonly missed: MissedState } | undefined {
  if (body.case === 'missedSettled') return { missed: { waiting: undefined, letters: body.value.letters } }
  if (body.case !== 'missedNoted') return undefined
  const { since, dueAt, digest, letters } = body.value
  const waiting = { since: since ? timestampMs(since) : 0, dueAt: dueAt ? timestampMs(dueAt) : 0, digest }
  return { missed: { waiting, letters } }
}

export const missedFold = {
  initialState: { missed: nothingMissed },
  evolve: (state: { readonly missed: MissedState }, body: Event['body']) => changeOf(body) ?? state,
}

/** What waits already is written about at its own time: messages that come later stand in the same letter. */
export function noteMissed(wanted: Missed, { waiting, letters }: MissedState): readonly EventBody[] {
  if (waiting) return []
  const { since, dueAt, digest } = wanted
  const value = { since: timestampFromMs(since), dueAt: timestampFromMs(dueAt), digest, letters }
  return [{ case: 'missedNoted', value: create(MissedNotedSchema, value) }]
}

/** The person was there, has read something, or wants no letters. */
export const settleMissed = ({ waiting, letters }: MissedState): readonly EventBody[] =>
  waiting || letters > 0 ? [{ case: 'missedSettled', value: create(MissedSettledSchema) }] : []

/** The letter is queued. */
export function writtenMissed({ waiting, letters }: MissedState): readonly EventBody[] {
  if (!waiting) return []
  const value = create(MissedSettledSchema, { letters: waiting.digest ? letters : letters + 1 })
  return [{ case: 'missedSettled', value }]
}

/** The longest that anybody waits for a letter. Longer: what waits is old; shorter: more letters to whoever is on holiday. */
const LONGEST_MS = 24 * 60 * MINUTE_MS
/** Twice as long each time, as often as this: by then it is a day. */
const MOST_DOUBLED = 8

/**
 * When a person is written to who misses something now; undefined: never. Whoever neither comes nor reads is written to after twice as long
 * each time, so six times in a day at most. `timeZone` empty or unknown: UTC.
 */
export function missedBy(choice: MailChoice, letters: number, now: number, timeZone: string): Missed | undefined {
  const after = (ms: number) => Math.min(LONGEST_MS, ms * 2 ** Math.min(letters, MOST_DOUBLED))
  switch (choice) {
    case MailChoice.UNSPECIFIED:
      return { since: now, dueAt: now + after(60 * MINUTE_MS), digest: false }
    case MailChoice.SOON:
      return { since: now, dueAt: now + after(15 * MINUTE_MS), digest: false }
    case MailChoice.DAILY:
      return { since: now, dueAt: nextDigest(now, timeZone), digest: true }
    default:
      return undefined
  }
}

/** The next time that it is eight in the zone, also over a change of the clock. */
export function nextDigest(now: number, timeZone: string): number {
  const minutes = (DIGEST_MINUTE - minuteOfDay(now, timeZone) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES
  const minute = Math.floor(now / MINUTE_MS)
  const off = DIGEST_MINUTE - minuteOfDay((minute + minutes) * MINUTE_MS, timeZone)
  return (minute + minutes + (Math.abs(off) <= CLOCK_CHANGE_MINUTES ? off : 0)) * MINUTE_MS
}

/** What is to be done about something missed. */
export type Step = 'wait' | 'settle' | 'write'

/**
 * Whoever was there meanwhile has seen it, and whoever wants no letters any more gets none. A digest is of what is unread, whether the person
 * was there or not. Nobody is written to in quiet hours, or while they do not want to be disturbed.
 */
export function stepOf(
  { dueAt, digest }: Missed,
  person: {
    readonly choice: MailChoice
    readonly quietHours: DailyHours | undefined
    readonly active: boolean
    readonly doNotDisturb: boolean
  },
  now: number,
): Step {
  const { choice, quietHours, active, doNotDisturb } = person
  if (choice === MailChoice.OFF || digest !== (choice === MailChoice.DAILY)) return 'settle'
  if (active && !digest) return 'settle'
  if (dueAt > now || doNotDisturb || (quietHours && isQuiet(quietHours, now))) return 'wait'
  return 'write'
}

/** Whether a message that may notify a person makes them miss something. A digest is of every unread conversation. */
export const isMissed = (choice: MailChoice, kind: GroupKind, mentioned: boolean): boolean =>
  choice === MailChoice.DAILY || (choice !== MailChoice.OFF && (mentioned || kind === GroupKind.DIRECT))
