import type { Inline } from '../nodes.js'
import { betweenSpaces } from './scripts.js'

/** A run of `*`, `_` or `~~` that may open or close emphasis. */
export interface Run {
  readonly sign: string
  readonly start: number
  readonly end: number
  readonly opens: boolean
  readonly closes: boolean
  /** Signs that are not used yet. */
  left: number
}

export type Item = Inline | Run

/**
 * Letters with their marks, digits and the signs of paths and formulas: between them a star is a star (`5*3`, `/*.log`). Scripts without
 * spaces are not among them: there emphasis stands within a word.
 */
const INSIDE_WORD = betweenSpaces(String.raw`\p{L}\p{M}\p{N}/\\@#&=%$^+¯`)
/** An underscore between letters of any script is a part of a name (`snake_case`, `報告_2024_最終.pdf`). */
const INSIDE_NAME = /[\p{L}\p{M}\p{N}/\\@#&=%$^+¯]/u
/** What can be emphasised or quoted: a word, a number, an emoji, or a sign that was escaped. Signs alone are a face (`*_*`) or a remark (`*!*`). */
export const WORDS = /[\p{L}\p{N}\p{Extended_Pictographic}\p{RI}\ufdd0-\ufdef]/u
const RUN = /\*+|_+|~+/y

/** The run at a position. */
export function runAt(text: string, start: number): Run | undefined {
  RUN.lastIndex = start
  const [signs] = RUN.exec(text) ?? []
  if (signs === undefined) return undefined
  const end = start + signs.length
  const before = /.?$/su.exec(text.slice(Math.max(0, start - 2), start))?.[0] ?? ''
  const after = /^.?/su.exec(text.slice(end, end + 2))?.[0] ?? ''
  const isMarkup = signs.charAt(0) !== '~' || signs.length === 2
  const inside = signs.charAt(0) === '_' ? INSIDE_NAME : INSIDE_WORD
  // Beside a slash it is a part of a path.
  const opens = isMarkup && /[^\s/\\]/.test(after) && !inside.test(before)
  const closes = isMarkup && /[^\s/\\]/.test(before) && !inside.test(after)
  return { sign: signs.charAt(0), start, end, opens, closes, left: signs.length }
}

const isRun = (item: Item): item is Run => 'sign' in item

/** The items with their emphasis: each run that closes takes the nearest that opens; what is left over is text. */
export function emphasised(items: readonly Item[], text: string): Inline[] {
  const done: Item[] = []
  for (const item of items) {
    if (isRun(item) && item.closes) close(done, item, text)
    if (!isRun(item) || item.left > 0) done.push(item)
  }
  return merged(done)
}

function close(done: Item[], closing: Run, text: string): void {
  while (closing.left > 0) {
    const at = done.findLastIndex((item) => isRun(item) && item.opens && item.sign === closing.sign)
    const opening = done[at]
    if (!opening || !isRun(opening)) return
    const width = Math.min(opening.left, closing.left) >= 2 ? 2 : 1
    const between = text.slice(opening.end, closing.start)
    // `__init__` is a name.
    const isWorth = WORDS.test(between) || done.slice(at + 1).some((item) => !isRun(item) && item.type !== 'text')
    if (!isWorth || (closing.sign === '_' && width === 2 && /^\w+$/.test(between))) return
    const inside = merged(done.splice(at + 1))
    opening.left -= width
    closing.left -= width
    if (opening.left === 0) done.pop()
    done.push({ type: closing.sign === '~' ? 'del' : width === 2 ? 'strong' : 'em', inside })
  }
}

/** Runs that paired with nothing as text, neighbouring texts as one. */
function merged(items: readonly Item[]): Inline[] {
  const all: Inline[] = []
  for (const item of items) {
    const node: Inline = isRun(item) ? { type: 'text', text: item.sign.repeat(item.left) } : item
    const last = all.at(-1)
    if (node.type === 'text' && last?.type === 'text')
      all[all.length - 1] = { type: 'text', text: last.text + node.text }
    else all.push(node)
  }
  return all
}
