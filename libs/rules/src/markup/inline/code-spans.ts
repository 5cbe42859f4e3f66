import { betweenSpaces } from './scripts.js'

/** Code between back ticks, in a paragraph. */
export interface CodeSpan {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A single back tick between letters is an apostrophe: `don`t`. Scripts without spaces have none. */
const LETTER = betweenSpaces(String.raw`\p{L}\p{N}`)
const TICKS = /\\?`+/g
const PARAGRAPH = /\n[ \t]*\n/

/** The code spans of a text, in order. A span ends with as many back ticks as it began with, in the same paragraph, and has something in it. */
export function codeSpans(text: string): readonly CodeSpan[] {
  if (!text.includes('`')) return []
  const spans: CodeSpan[] = []
  const runs = ticksOf(text)
  let next = 0
  for (const [i, opening] of runs.entries()) {
    if (i < next || opening.isClosingOnly) continue
    const close = runs.findIndex((one, k) => k > i && one.length === opening.length)
    const closing = runs[close]
    if (!closing) continue
    const inside = text.slice(opening.start + opening.length, closing.start)
    if (PARAGRAPH.test(inside) || inside.trim() === '') continue
    spans.push({
      start: opening.start,
      end: closing.start + closing.length,
      text: opening.length > 1 ? unpadded(inside) : inside,
    })
    next = close + 1
  }
  return spans
}

interface Ticks {
  readonly start: number
  readonly length: number
  /** Behind a back slash, or within a word: it opens nothing, but may close. */
  readonly isClosingOnly: boolean
}

const ticksOf = (text: string): Ticks[] =>
  [...text.matchAll(TICKS)].map(({ 0: run, index }) => {
    const isEscaped = run.startsWith('\\')
    const isApostrophe = run === '`' && LETTER.test(text.charAt(index - 1)) && LETTER.test(text.charAt(index + 1))
    const [start, length] = [index + Number(isEscaped), run.length - Number(isEscaped)]
    return { start, length, isClosingOnly: isEscaped || isApostrophe }
  })

/** A space at each end keeps back ticks of the code apart from those around it. */
const unpadded = (code: string): string => (/^ .*\S.* $/s.test(code) ? code.slice(1, -1) : code)

/** The span that a position is in. */
export const spanAt = (spans: readonly CodeSpan[], at: number): CodeSpan | undefined =>
  spans.find(({ start, end }) => start <= at && at < end)
