import { lengthOf, POLL_LIMITS } from '@beseda/rules'

export type Ends = 'never' | 'hour' | 'day' | 'week' | 'at'

export interface PollForm {
  readonly question: string
  /** Blank ones are left out. */
  readonly options: readonly string[]
  readonly ends: Ends
  /** Of the field with date and time, in the zone of the device; '' while it is empty. */
  readonly endsAt: string
}

const HOUR_MS = 3_600_000
const SPANS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS } as const

/** Unix ms; 0: it ends when somebody ends it; NaN: no such time. */
export function endOf({ ends, endsAt }: Pick<PollForm, 'ends' | 'endsAt'>, now: number): number {
  if (ends === 'never') return 0
  return ends === 'at' ? new Date(endsAt).getTime() : now + SPANS[ends]
}

export const optionsIn = ({ options }: Pick<PollForm, 'options'>): string[] =>
  options.map((option) => option.trim().replace(/\s+/g, ' ')).filter((option) => option !== '')

/** What stands in the way of posting it: a key of `polls`; `wanting`: something is not filled in yet. */
export function problemOf(form: PollForm, now: number): 'wanting' | 'long' | 'same' | 'past' | 'tooFar' | undefined {
  const options = optionsIn(form)
  if (new Set(options).size < options.length) return 'same'
  const end = endOf(form, now)
  if (end > 0 && end <= now) return 'past'
  if (end > now + POLL_LIMITS.days * 24 * HOUR_MS) return 'tooFar'
  if (lengthOf(form.question) > POLL_LIMITS.question) return 'long'
  const isWhole = form.question.trim() !== '' && options.length >= 2 && !Number.isNaN(end)
  return isWhole ? undefined : 'wanting'
}

/** The time of a field with date and time, an hour from now, in the zone of the device. */
export function inAnHour(now: number): string {
  const at = new Date(now + HOUR_MS)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}
