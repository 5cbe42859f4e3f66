import { type CodeSpan, codeSpans } from '../inline/code-spans.js'
import { type Spoiler, spoilersOf } from '../inline/spoilers.js'
import { fencedAt } from './fences.js'
import { isBlank } from './lines.js'
import { belongsTo, signOf } from './lists.js'
import { HEADING, QUOTE, QUOTE_GAP, RULE } from './signs.js'
import { isTableHead } from './tables.js'

/**
 * The first spoiler that hides more than a part of one paragraph, quotation or list item: several paragraphs, a list, code between fences.
 * Positions are in the lines joined.
 */
export function crossingSpoiler(lines: readonly string[]): Spoiler | undefined {
  const text = lines.join('\n')
  if (!text.includes('||')) return undefined
  const code = [...fences(lines), ...codeSpans(text)]
  return spoilersOf(text, code).find(({ start, end }) => {
    const from = text.slice(0, start).split('\n').length - 1
    const to = from + text.slice(start, end).split('\n').length - 1
    return to > from && !isWithinOne(lines, from, to)
  })
}

/** Where fenced code is. */
function fences(lines: readonly string[]): CodeSpan[] {
  const found: CodeSpan[] = []
  let [at, start] = [0, 0]
  while (at < lines.length) {
    const end = fencedAt(lines, at)?.end
    const next = end ?? at + 1
    const length = lines.slice(at, next).join('\n').length + 1
    if (end !== undefined) found.push({ start, end: start + length, text: '' })
    start += length
    at = next
  }
  return found
}

function isWithinOne(lines: readonly string[], from: number, to: number): boolean {
  const first = lines[from] ?? ''
  const more = lines.slice(from + 1, to + 1)
  if (QUOTE.test(first)) return more.every((line) => QUOTE.test(line) || QUOTE_GAP.test(line))
  const sign = signOf(first)
  if (sign) return more.every((line) => isBlank(line) || belongsTo(sign.indent, line))
  return !HEADING.test(first) && more.every((line, i) => !isBlank(line) && !begins(lines, from + 1 + i))
}

const begins = (lines: readonly string[], at: number): boolean => isTableHead(lines, at) || beginsBlock(lines, at)

/** Whether a line ends a table above it: something else than words and rows may begin there. */
export function beginsBlock(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? ''
  const isSign = HEADING.test(line) || QUOTE.test(line) || RULE.test(line) || signOf(line) !== undefined
  return isSign || fencedAt(lines, at) !== undefined
}
