import { foundWords } from '@beseda/rules/search'

export interface ExcerptPart {
  readonly text: string
  readonly found: boolean
}

/** Characters before the first found word: more of them would hide it behind the third line. */
const BEFORE = 60

/** A text in pieces, found words apart, beginning near the first of them. */
export function excerpt(text: string, query: string): readonly ExcerptPart[] {
  const ranges = foundWords(text, query)
  const first = ranges[0]?.start ?? 0
  const start = first > 2 * BEFORE ? wordStart(text, first - BEFORE) : 0
  const parts: ExcerptPart[] = start > 0 ? [{ text: '…', found: false }] : []
  let end = start
  for (const range of ranges) {
    if (range.start > end) parts.push({ text: text.slice(end, range.start), found: false })
    parts.push({ text: text.slice(range.start, range.end), found: true })
    end = range.end
  }
  if (end < text.length) parts.push({ text: text.slice(end), found: false })
  return parts
}

/** The beginning of the next word; the place itself where there are no spaces, but never within a character. */
function wordStart(text: string, place: number): number {
  const space = text.indexOf(' ', place)
  if (space >= 0 && space < place + BEFORE) return space + 1
  return /[\udc00-\udfff]/.test(text.charAt(place)) ? place + 1 : place
}

export const hasFound = (text: string, query: string): boolean => query !== '' && foundWords(text, query).length > 0
