import type { CallTerms } from '@beseda/proto/call/v1/events'
import { instantOf, type LocalTime, localTimeAt, minutes } from './local-time.js'
import { WallClockRule } from './recurrence.js'
import type { OccurrenceChange } from './schedule-changes.js'

export const AS_BY_TERMS: OccurrenceChange = { cancelled: false, startsAt: '', durationMin: 0 }

/** One call of a schedule. Times in Unix ms. */
export interface Occurrence {
  /** When it would start by the terms: its name. */
  readonly name: LocalTime
  readonly startsAt: number
  readonly endsAt: number
  readonly moved: boolean
}

export interface Repeated {
  readonly terms: CallTerms
  /** By the name of the occurrence. */
  readonly changes: ReadonlyMap<LocalTime, OccurrenceChange>
}

const DAY_MS = 86_400_000

/** Those that end after `from` and start up to `to` (Unix ms), in the order in which they start. */
export function occurrencesBetween(repeated: Repeated, from: number, to: number): readonly Occurrence[] {
  const { terms, changes } = repeated
  const rule = new WallClockRule(terms.startsAt, terms.recurrence)
  const longest = minutes(terms.durationMin)
  // A day more on both sides: clocks are put forward and back, and time zones change their minds.
  const [first, last] = [from - longest - DAY_MS, to + DAY_MS].map((ms) => localTimeAt(ms, terms.timeZone))
  const byTerms = rule.between(first ?? terms.startsAt, last ?? terms.startsAt).filter((name) => !changes.has(name))
  return [...byTerms, ...changes.keys()]
    .flatMap((name) => occurrenceOf(repeated, name))
    .filter(({ startsAt, endsAt }) => endsAt > from && startsAt <= to)
    .toSorted((a, b) => a.startsAt - b.startsAt)
}

/** Every one. */
export function allOccurrences(repeated: Repeated): readonly Occurrence[] {
  return startsOf(repeated.terms)
    .flatMap(([name, start]) => occurrenceOf(repeated, name, start))
    .toSorted((a, b) => a.startsAt - b.startsAt)
}

/** Schedules whose calls are kept, some 40 KB each. More: memory; fewer: every list asks the time zones for each of up to 730 calls again. */
const MOST_KEPT = 200
const kept = new Map<string, readonly (readonly [LocalTime, number])[]>()

/** Names and starts (Unix ms) by the terms. */
function startsOf({ startsAt, timeZone, recurrence }: CallTerms): readonly (readonly [LocalTime, number])[] {
  const key = JSON.stringify([startsAt, timeZone, recurrence])
  const known = kept.get(key)
  // A map is in the order in which its entries were set: the first has not been asked for the longest.
  kept.delete(key)
  if (known) {
    kept.set(key, known)
    return known
  }
  const [oldest] = kept.keys()
  if (oldest !== undefined && kept.size >= MOST_KEPT) kept.delete(oldest)
  const starts = new WallClockRule(startsAt, recurrence).all().map((name) => [name, instantOf(name, timeZone)] as const)
  kept.set(key, starts)
  return starts
}

/** None: it is left out. `start`: by the terms, Unix ms, where it is known. */
function occurrenceOf({ terms, changes }: Repeated, name: LocalTime, start?: number): readonly Occurrence[] {
  const { cancelled, startsAt: other, durationMin } = changes.get(name) ?? AS_BY_TERMS
  if (cancelled) return []
  const startsAt = other === '' && start !== undefined ? start : instantOf(other || name, terms.timeZone)
  const endsAt = startsAt + minutes(durationMin || terms.durationMin)
  return [{ name, startsAt, endsAt, moved: other !== '' && other !== name }]
}

/** When the last call ends, Unix ms; 0: all are left out. */
export const endOf = (repeated: Repeated): number =>
  allOccurrences(repeated).reduce((latest, { endsAt }) => Math.max(latest, endsAt), 0)
