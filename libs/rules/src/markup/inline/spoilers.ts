import { type CodeSpan, spanAt } from './code-spans.js'
import { betweenSpaces } from './scripts.js'

/** A pair of `||`: its content is between `start + 2` and `end`. */
export interface Spoiler {
  readonly start: number
  readonly end: number
}

interface Bars {
  readonly at: number
  readonly isCode: boolean
  /** Behind what ends a value of code, and before what begins one. */
  readonly isAfterValue: boolean
  readonly isBeforeValue: boolean
  /** Behind a space, and before one. */
  readonly isAfterSpace: boolean
  readonly isBeforeSpace: boolean
  readonly beginsLine: boolean
  readonly endsLine: boolean
  /** Where the next sign is that can be hidden. */
  readonly words: number
}

const BARS = /\\?\|\|/g
/** Code has no words of scripts without spaces. Brackets end what a value is made of, and a sign begins it. */
const VALUE_END = betweenSpaces(String.raw`\p{L}\p{N})\]`)
const VALUE_START = new RegExp(`^[$!]?${betweenSpaces(String.raw`\p{L}\p{N}`).source}`, 'u')
const SPACE = /[ \t]/
const NOT_SPACE = /\S/g
/** Bars alone are nothing to hide. */
const TO_HIDE = /[^\s|]/g
const LINE_END = /[.,:;!?)]*[ \t]*(?:\n|$)/y

/**
 * The spoilers of a text, in order. `code`: ranges whose signs are code. A spoiler hides everything up to its end, over lines and
 * paragraphs; the logical "or" between spaces, or between two values without a space, is none. If the only end is inside of code, that is the end: better code that is
 * cut than a secret that is told.
 */
export function spoilersOf(text: string, code: readonly CodeSpan[]): readonly Spoiler[] {
  if (!text.includes('||')) return []
  const all = barsOf(text, code)
  const found: Spoiler[] = []
  let from = 0
  for (const [i, bars] of all.entries()) {
    if (bars.isCode || bars.at < from) continue
    const end = endOf(bars, all, i + 1, false) ?? endOf(bars, all, i + 1, true)
    if (end === undefined) continue
    found.push({ start: bars.at, end })
    from = end + 2
  }
  return found
}

function barsOf(text: string, code: readonly CodeSpan[]): Bars[] {
  let line = -1
  let words = -1
  return [...text.matchAll(BARS)]
    .filter(([sign]) => !sign.startsWith('\\'))
    .map(({ index: at }) => {
      line = lineStart(text, at, line)
      if (words < at + 2) words = next(TO_HIDE, text, at + 2)
      LINE_END.lastIndex = at + 2
      return {
        at,
        isCode: spanAt(code, at) !== undefined,
        isAfterValue: VALUE_END.test(text.charAt(at - 1)),
        isBeforeValue: VALUE_START.test(text.slice(at + 2, at + 4)),
        isAfterSpace: SPACE.test(text.charAt(at - 1)),
        isBeforeSpace: SPACE.test(text.charAt(at + 2)),
        beginsLine: line === at,
        endsLine: LINE_END.test(text),
        words,
      }
    })
}

/** The first word of the line that `at` is in, if it is not before `known`, the last answer. */
const lineStart = (text: string, at: number, known: number): number => {
  const line = text.lastIndexOf('\n', at) + 1
  return line > known || known < 0 ? next(NOT_SPACE, text, line) : known
}

function next(sign: RegExp, text: string, from: number): number {
  sign.lastIndex = from
  return sign.exec(text)?.index ?? text.length
}

/** The end of a spoiler: the next that stands close to its words, else, for `|| secret ||` that begins or ends a line, the next. */
function endOf(start: Bars, all: readonly Bars[], from: number, inCode: boolean): number | undefined {
  let loose: number | undefined
  let isNext = true
  for (let i = from; i < all.length; i++) {
    const end = all[i]
    if (!end || (end.isCode && !inCode)) continue
    const hides = start.words < end.at
    const isOr = start.isAfterValue && end.isBeforeValue
    if (hides && !start.isBeforeSpace && !end.isAfterSpace && !isOr) return end.at
    if (hides && isNext && (start.beginsLine || end.endsLine)) loose = end.at
    if (start.isBeforeSpace) return loose
    isNext &&= loose === undefined
  }
  return loose
}
