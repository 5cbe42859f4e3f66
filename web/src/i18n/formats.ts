/**
 * Formats times, durations and sizes in a language: the only user of `Intl`. Pure: the current time is a parameter. A formatter
 * is created once for each language and cached, because creating one takes as long as a hundred uses.
 */
const dates = new Map<string, Intl.DateTimeFormat>()
const clocks = new Map<string, Intl.ResolvedDateTimeFormatOptions>()
const numbers = new Map<string, Intl.NumberFormat>()
const relatives = new Map<string, Intl.RelativeTimeFormat>()

function kept<T, O>(all: Map<string, T>, locale: string, options: O, make: (locale: string, options: O) => T): T {
  const key = locale + JSON.stringify(options)
  const known = all.get(key)
  if (known !== undefined) return known
  const made = make(locale, options)
  all.set(key, made)
  return made
}

const written = (at: number, locale: string, options: Intl.DateTimeFormatOptions): string =>
  kept(dates, locale, options, (tag, how) => new Intl.DateTimeFormat(tag, how)).format(at)
const amount = (value: number, locale: string, options: Intl.NumberFormatOptions): string =>
  kept(numbers, locale, options, (tag, how) => new Intl.NumberFormat(tag, how)).format(value)
const relative = (value: number, unit: Intl.RelativeTimeFormatUnit, locale: string, numeric: 'always' | 'auto') =>
  kept(relatives, locale, { numeric }, (tag, how) => new Intl.RelativeTimeFormat(tag, how)).format(value, unit)

/** Whole days from the day of `at` to today, in the local time zone. */
function daysAgo(at: number, now: number): number {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0)
  return Math.round((midnight(now) - midnight(at)) / 86_400_000)
}
const sameYear = (at: number, now: number) => new Date(at).getFullYear() === new Date(now).getFullYear()

/** An hour has two digits where it counts to 24: 3:16 PM, 03:16. */
function clockOf(locale: string): Intl.DateTimeFormatOptions {
  const { hour12 } = kept(clocks, locale, { hour: 'numeric' } as const, (tag, how) =>
    new Intl.DateTimeFormat(tag, how).resolvedOptions(),
  )
  return { hour: hour12 ? 'numeric' : '2-digit', minute: '2-digit' }
}

/** 14:05; with seconds where they matter. */
export const clockText = (at: number, locale: string, seconds = false): string =>
  written(at, locale, seconds ? { ...clockOf(locale), second: '2-digit' } : clockOf(locale))

/** 5 Nov 2026 */
export const dateText = (at: number, locale: string): string => written(at, locale, { dateStyle: 'medium' })

/** 5 Nov 2026, 14:05 */
export const momentText = (at: number, locale: string): string =>
  written(at, locale, { dateStyle: 'medium', timeStyle: 'short' })

/** The full date and time, for the tooltip of a shorter one. */
export const wholeText = (at: number, locale: string): string =>
  written(at, locale, { dateStyle: 'full', timeStyle: 'medium' })

/** Only the time if today, else day and time: "14:05", "5 Nov, 14:05". */
export const sinceText = (at: number, now: number, locale: string): string =>
  daysAgo(at, now) === 0
    ? clockText(at, locale)
    : written(at, locale, { day: 'numeric', month: 'short', ...clockOf(locale) })

/** The short form for lists: the time if today, the weekday if this week, else the date. */
export function shortText(at: number, now: number, locale: string): string {
  const days = daysAgo(at, now)
  if (days === 0) return clockText(at, locale)
  if (days > 0 && days < 7) return written(at, locale, { weekday: 'short' })
  return written(at, locale, { day: 'numeric', month: 'short', ...(sameYear(at, now) ? {} : { year: '2-digit' }) })
}

/** A day in words: Today, Yesterday, else its name and date. */
export function dayText(at: number, now: number, locale: string): string {
  const days = daysAgo(at, now)
  if (days === 0 || days === 1) {
    const word = relative(-days, 'day', locale, 'auto')
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1)
  }
  const year = sameYear(at, now) ? {} : ({ year: 'numeric' } as const)
  return written(at, locale, { weekday: 'long', day: 'numeric', month: 'long', ...year })
}

const SPANS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** A time relative to now, ms, negative in the past, in its largest unit: "in 12 seconds", "2 hours ago". Rounded away from now. */
export function whenText(ms: number, locale: string): string {
  const seconds = Math.ceil(Math.abs(ms) / 1000)
  const [unit, size] = SPANS.find(([, length]) => seconds >= length) ?? SPANS[3]
  const count = Math.ceil(seconds / size)
  return relative(ms < 0 ? -count : count, unit, locale, 'always')
}

/** Time since then: whole units that have passed, "now" in the first minute, a date after a month. */
export function agoText(at: number, now: number, locale: string): string {
  const seconds = Math.max(0, Math.floor((now - at) / 1000))
  if (seconds < 60) return relative(0, 'second', locale, 'auto')
  if (seconds >= 30 * 86_400) return dateText(at, locale)
  const [unit, size] = SPANS.find(([, length]) => seconds >= length) ?? SPANS[3]
  return relative(-Math.floor(seconds / size), unit, locale, 'always')
}

/** A duration in its largest whole unit: 7 days, 5 minutes. */
export function spanText(seconds: number, locale: string): string {
  const [unit, size] = SPANS.find(([, length]) => seconds >= length && seconds % length === 0) ?? SPANS[3]
  return amount(seconds / size, locale, { style: 'unit', unit, unitDisplay: 'long' })
}

/** Minutes and seconds: 1:05. */
export const durationText = (ms: number): string => {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** A size in the notation of the language: 14 B, 1.5 MB, 1,5 МБ. */
export function bytesText(bytes: number, locale: string): string {
  // The short unit of Intl is the whole word, and the same for every number.
  if (bytes < 1000) return `${amount(bytes, locale, {})}\u00a0${locale === 'ru' ? 'Б' : 'B'}`
  // What is rounded up to 1,000 of a unit is 1 of the next.
  const power = Math.min(SIZES.length - 1, Math.floor(Math.log(bytes * 1.000_05) / Math.log(1000)))
  const unit = SIZES[power] ?? 'kilobyte'
  return amount(bytes / 1000 ** power, locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 })
}

const MEBIBYTE = 2 ** 20

/** A limit as it was set: an operator's 25 MB are 25 times 1,024 times 1,024 bytes. */
export const limitText = (bytes: number, locale: string): string =>
  bytesText(bytes > 0 && bytes % MEBIBYTE === 0 ? (bytes / MEBIBYTE) * 1000 ** 2 : bytes, locale)
