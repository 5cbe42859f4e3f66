import {
  type CallTerms,
  CallTermsSchema,
  Frequency,
  type Recurrence,
  RecurrenceSchema,
  Weekday,
} from '@beseda/proto/call/v1/events'
import { create, equals, type MessageInitShape } from '@bufbuild/protobuf'

/** How a call can be repeated in the form; `other`: by a rule that only the API can make, which stays as it is. */
export const REPEATS = [
  'once',
  'daily',
  'workdays',
  'weekly',
  'fortnightly',
  'monthly',
  'monthlyDay',
  'yearly',
] as const
export type Repeat = (typeof REPEATS)[number] | 'other'

/** The fields of the form. Days and times are those of the time zone. */
export interface ScheduleFields {
  readonly title: string
  readonly day: string
  readonly time: string
  readonly timeZone: string
  readonly durationMin: number
  readonly repeat: Repeat
  readonly until: string
  readonly video: boolean
}

const WORKDAYS = [Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY]
/** As long as people plan without asking again; less than the server allows. */
const REPEATS_FOR_DAYS = 180
const HOUR_MS = 3_600_000

const utcOf = (day: string): Date => new Date(`${day}T00:00Z`)
const weekdayOf = (day: string): Weekday => ((utcOf(day).getUTCDay() + 6) % 7) + 1
const dayAfter = (day: string, days: number): string =>
  new Date(utcOf(day).getTime() + days * 24 * HOUR_MS).toISOString().slice(0, 10)
/** The last seven days of a month are its last week; the other weeks are counted from its start. */
function nthOf(day: string): number {
  const nth = Math.ceil(utcOf(day).getUTCDate() / 7)
  return dayAfter(day, 7).slice(0, 7) === day.slice(0, 7) && nth <= 4 ? nth : -1
}

/** The next full hour, by the clock of this device. */
export function newFields(now: Date, timeZone: string): ScheduleFields {
  const start = new Date(Math.ceil(now.getTime() / HOUR_MS) * HOUR_MS)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${start.getFullYear()}-${two(start.getMonth() + 1)}-${two(start.getDate())}`
  const time = `${two(start.getHours())}:00`
  return {
    title: '',
    day,
    time,
    timeZone,
    durationMin: 30,
    repeat: 'once',
    until: dayAfter(day, REPEATS_FOR_DAYS),
    video: true,
  }
}

function ruleOf(repeat: Repeat, day: string): MessageInitShape<typeof RecurrenceSchema> | undefined {
  switch (repeat) {
    case 'daily':
      return { frequency: Frequency.DAILY }
    case 'workdays':
      return { frequency: Frequency.WEEKLY, weekdays: WORKDAYS }
    case 'weekly':
      return { frequency: Frequency.WEEKLY }
    case 'fortnightly':
      return { frequency: Frequency.WEEKLY, interval: 2 }
    case 'monthly':
      return { frequency: Frequency.MONTHLY, weekdays: [weekdayOf(day)], nth: nthOf(day) }
    case 'monthlyDay':
      return { frequency: Frequency.MONTHLY }
    case 'yearly':
      return { frequency: Frequency.YEARLY }
    default:
      return undefined
  }
}

const recurrenceOf = (repeat: Repeat, day: string, until: string): Recurrence | undefined => {
  const rule = ruleOf(repeat, day)
  return rule && create(RecurrenceSchema, { interval: 1, ...rule, until })
}

export function repeatOf({ recurrence, startsAt }: CallTerms): Repeat {
  if (!recurrence) return 'once'
  const day = startsAt.slice(0, 10)
  const isIt = (repeat: Repeat) => {
    const rule = recurrenceOf(repeat, day, recurrence.until)
    return rule !== undefined && equals(RecurrenceSchema, rule, recurrence)
  }
  return REPEATS.find(isIt) ?? 'other'
}

export function fieldsOf(terms: CallTerms): ScheduleFields {
  const { title, startsAt, timeZone, durationMin, recurrence, video } = terms
  const [day = '', time = ''] = startsAt.split('T')
  const until = recurrence?.until || dayAfter(day, REPEATS_FOR_DAYS)
  return { title, day, time, timeZone, durationMin, repeat: repeatOf(terms), until, video }
}

/** `before`: what is changed; a rule that the form does not know is taken from there. */
export function termsOf(fields: ScheduleFields, before?: CallTerms): CallTerms {
  const { title, day, time, timeZone, durationMin, repeat, until, video } = fields
  const recurrence = repeat === 'other' ? before?.recurrence : recurrenceOf(repeat, day, until)
  return create(CallTermsSchema, {
    title: title.trim(),
    startsAt: `${day}T${time}`,
    timeZone,
    durationMin,
    video,
    ...(recurrence ? { recurrence } : {}),
  })
}
