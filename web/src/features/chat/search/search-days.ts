const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})$/
const DOTTED = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/
/** Days before today. */
const WORDS: Readonly<Record<string, number>> = { today: 0, yesterday: 1, сегодня: 0, вчера: 1 }

/** A day in the local time zone, from its midnight to the next, Unix ms; undefined: not a date. `now`: Unix ms. */
export function dayRange(text: string, now: number): { readonly start: number; readonly end: number } | undefined {
  const ago = WORDS[text.toLowerCase()]
  const today = new Date(now)
  if (ago !== undefined) return dayOf(today.getFullYear(), today.getMonth(), today.getDate() - ago)
  const [, year, month, day] = ISO.exec(text) ?? swapped(DOTTED.exec(text)) ?? []
  if (!year || !month || !day) return undefined
  const range = dayOf(Number(year), Number(month) - 1, Number(day))
  // There is no 31st of February.
  return new Date(range.start).getDate() === Number(day) ? range : undefined
}

const swapped = (found: readonly string[] | null): readonly string[] | undefined =>
  found ? [found[0] ?? '', found[3] ?? '', found[2] ?? '', found[1] ?? ''] : undefined

const dayOf = (year: number, month: number, day: number) => ({
  start: new Date(year, month, day).getTime(),
  end: new Date(year, month, day + 1).getTime(),
})
