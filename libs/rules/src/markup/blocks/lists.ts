import { indentOf, isBlank, nextWords, outdented } from './lines.js'
import { ITEM, RULE, TASK } from './signs.js'

/** Columns from the sign to the words of an item; more are a part of the words. */
const MAX_GAP = 4

export interface RawItem {
  readonly marker: string
  readonly done?: boolean
  readonly lines: readonly string[]
}

export interface RawList {
  readonly ordered: boolean
  readonly items: readonly RawItem[]
  /** The line after it. */
  readonly end: number
}

interface Sign {
  readonly indent: number
  readonly marker: string
  readonly ordered: boolean
  /** Columns from the start of the line to the words. */
  readonly width: number
}

/** Whether a line begins an item. */
export function signOf(line: string): Sign | undefined {
  const [whole, space = '', marker = '', gap = ''] = RULE.test(line) ? [] : (ITEM.exec(line) ?? [])
  if (whole === undefined) return undefined
  const indent = indentOf(space)
  const width = indent + marker.length + (gap.length > MAX_GAP ? 1 : gap.length)
  return { indent, marker, ordered: /\d/.test(marker), width }
}

/** Whether a line belongs to the item above it. */
export const belongsTo = (indent: number, line: string): boolean => indentOf(line) >= indent + 2

/** The list that begins at a line. A line that is not indented ends it. */
export function listAt(lines: readonly string[], at: number): RawList | undefined {
  const first = signOf(lines[at] ?? '')
  if (!first || first.indent >= MAX_GAP) return undefined
  const items: RawItem[] = []
  let end = at
  for (let next = at; ; next = nextWords(lines, end)) {
    const sign = signOf(lines[next] ?? '')
    if (!sign || sign.ordered !== first.ordered || sign.indent >= first.indent + MAX_GAP) break
    end = itemEnd(lines, next, sign.indent)
    items.push(itemOf(lines.slice(next, end), sign))
  }
  return { ordered: first.ordered, items, end }
}

function itemEnd(lines: readonly string[], at: number, indent: number): number {
  let end = at + 1
  for (;;) {
    const next = nextWords(lines, end)
    if (next >= lines.length || !belongsTo(indent, lines[next] ?? '')) return end
    end = next + 1
  }
}

function itemOf([head = '', ...more]: readonly string[], { marker, width }: Sign): RawItem {
  const words = head.replace(/^[ \t]*\S+/, '').replace(/^[ \t]+/, '')
  const rest = more.map((line) => (isBlank(line) ? '' : outdented(line, Math.min(width, indentOf(line)))))
  const [task, state] = TASK.exec(words) ?? []
  if (task === undefined) return { marker, lines: [words, ...rest] }
  return { marker, done: state !== ' ', lines: [words.slice(task.length), ...rest] }
}
