const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** A time from now, ms, past ones negative, in its largest unit: "in 12 seconds", "2 hours ago". Rounded away from now. */
export function whenText(ms: number, locale: string): string {
  const seconds = Math.ceil(Math.abs(ms) / 1000)
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? UNITS[3]
  const count = Math.ceil(seconds / size)
  return new Intl.RelativeTimeFormat(locale).format(ms < 0 ? -count : count, unit)
}
