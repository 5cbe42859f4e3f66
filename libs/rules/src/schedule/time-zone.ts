import { localTimeAt, offsetAt } from './local-time.js'

const DAY_MS = 86_400_000

interface Observance {
  /** Unix ms. */
  readonly since: number
  readonly fromS: number
  readonly toS: number
}

/**
 * A VTIMEZONE (RFC 5545, 3.6.5) that holds between the two instants (Unix ms): every change of the clock by itself, as no calendar of five
 * years has many, and a rule for all times would be a guess.
 */
export function timeZoneLines(timeZone: string, from: number, to: number): string[] {
  const observances = observancesOf(timeZone, from, to)
  const standardS = Math.min(...observances.map(({ toS }) => toS))
  return [
    'BEGIN:VTIMEZONE',
    `TZID:${timeZone}`,
    ...observances.flatMap(({ since, fromS, toS }) => {
      const kind = toS === standardS ? 'STANDARD' : 'DAYLIGHT'
      return [
        `BEGIN:${kind}`,
        `DTSTART:${localTimeAt(since + fromS * 1_000, 'UTC').replaceAll(/[-:]/g, '')}00`,
        `TZOFFSETFROM:${offsetText(fromS)}`,
        `TZOFFSETTO:${offsetText(toS)}`,
        `END:${kind}`,
      ]
    }),
    'END:VTIMEZONE',
  ]
}

function observancesOf(timeZone: string, from: number, to: number): Observance[] {
  const begin = from - DAY_MS
  let { offsetS, until } = offsetAt(begin, timeZone)
  const observances = [{ since: begin, fromS: offsetS, toS: offsetS }]
  while (until !== undefined && until <= to + DAY_MS) {
    const next = offsetAt(until, timeZone)
    observances.push({ since: until, fromS: offsetS, toS: next.offsetS })
    ;({ offsetS, until } = next)
  }
  return observances
}

/** `+0130`. */
function offsetText(seconds: number): string {
  const minutes = Math.abs(Math.trunc(seconds / 60))
  const [hours, rest] = [Math.trunc(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'))
  return `${seconds < 0 ? '-' : '+'}${hours}${rest}`
}
