/** When a status text ends. Pure. */
export const ENDS = ['never', 'halfHour', 'hour', 'fourHours', 'today', 'week'] as const
export type End = (typeof ENDS)[number]

const MINUTE = 60_000
const AFTER: Partial<Record<End, number>> = { halfHour: 30 * MINUTE, hour: 60 * MINUTE, fourHours: 240 * MINUTE }

/** Unix ms; 0: it stays. Today and this week end at midnight where the person is; a week ends with its Sunday. */
export function endOf(end: End, now: Date): number {
  if (end === 'never') return 0
  const after = AFTER[end]
  if (after !== undefined) return now.getTime() + after
  const days = end === 'today' ? 1 : 7 - ((now.getDay() + 6) % 7)
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).getTime()
}

/** What the dialog begins with: most of what people say of themselves is over by tomorrow; what was to stay stays. */
export const firstEnd = (text: string, ends: boolean): End => (text !== '' && !ends ? 'never' : 'today')
