import { Frequency, type Recurrence, type Weekday } from '@beseda/proto/call/v1/events'
import { RRuleTemporal } from 'rrule-temporal'
import { Temporal } from 'temporal-polyfill'
import type { LocalTime } from './local-time.js'

/** Most calls of one schedule: daily for two years. More: every list and every calendar would be long. */
export const MOST_OCCURRENCES = 730

const NAMES = {
  [Frequency.DAILY]: 'DAILY',
  [Frequency.WEEKLY]: 'WEEKLY',
  [Frequency.MONTHLY]: 'MONTHLY',
  [Frequency.YEARLY]: 'YEARLY',
} as const
const DAYS = ['', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const

const dayName = (day: Weekday): string => DAYS[day]

/** The value of an RRULE; `until`: as the property's time has it, where the rule has no count. */
export function rruleOf({ frequency, interval, weekdays, nth, count }: Recurrence, until: string): string {
  if (frequency === Frequency.UNSPECIFIED) return ''
  const days = weekdays.map((day) => (nth === 0 ? dayName(day) : `${nth}${dayName(day)}`))
  return [
    `FREQ=${NAMES[frequency]}`,
    ...(interval > 1 ? [`INTERVAL=${interval}`] : []),
    ...(days.length > 0 ? [`BYDAY=${days.join(',')}`] : []),
    count > 0 ? `COUNT=${count}` : `UNTIL=${until}`,
  ].join(';')
}

const clockOf = (local: LocalTime) => Temporal.PlainDateTime.from(local).toZonedDateTime('UTC')
/** Errors: RangeError beyond the year 9999, which has another form: texts would no longer be in the order of their times. */
function localOf(clock: { toPlainDateTime(): { toString(): string } }): LocalTime {
  const text = clock.toPlainDateTime().toString()
  if (!/^\d{4}-/.test(text)) throw new RangeError(text)
  return text.slice(0, 16)
}

/**
 * When calls start by the clock on the wall. The rule is applied to a clock that is never changed (UTC), and time zones come in afterwards:
 * so no repetition is lost on the night in which an hour is missing.
 */
export class WallClockRule {
  readonly #rule: RRuleTemporal<Temporal.ZonedDateTime> | undefined

  constructor(
    private readonly startsAt: LocalTime,
    recurrence: Recurrence | undefined,
  ) {
    if (!recurrence) return
    const until = `${recurrence.until.replaceAll('-', '')}T235959Z`
    this.#rule = new RRuleTemporal({
      rruleString: rruleOf(recurrence, until),
      dtstart: clockOf(startsAt),
      temporal: Temporal,
    })
  }

  /** The first ones, and at most one more than are allowed. */
  all(): readonly LocalTime[] {
    return this.#rule ? this.#rule.all((_, nth) => nth <= MOST_OCCURRENCES).map(localOf) : [this.startsAt]
  }

  /** Both inclusive. */
  between(from: LocalTime, to: LocalTime): readonly LocalTime[] {
    if (this.#rule) return this.#rule.between(clockOf(from), clockOf(to), true).map(localOf)
    return from <= this.startsAt && this.startsAt <= to ? [this.startsAt] : []
  }

  isStart(local: LocalTime): boolean {
    return this.between(local, local).length > 0
  }
}
