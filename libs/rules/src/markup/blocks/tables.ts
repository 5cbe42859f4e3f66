import { codeSpans, spanAt } from '../inline/code-spans.js'
import { spoilersOf } from '../inline/spoilers.js'
import type { Align } from '../nodes.js'
import { isBlank } from './lines.js'

export interface RawTable {
  readonly align: readonly Align[]
  /** The first row is the head; cells as they were typed. */
  readonly rows: readonly (readonly string[])[]
  /** The line after it. */
  readonly end: number
}

const DELIMITERS = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/

/** Whether a line is the head of a table, with a line of dashes below it. */
export function isTableHead(lines: readonly string[], at: number): boolean {
  const [head = '', dashes = ''] = lines.slice(at, at + 2)
  if (!dashes.includes('|') || !DELIMITERS.test(dashes) || !isRow(head)) return false
  return cellsOf(head).length === cellsOf(dashes).length
}

/**
 * The table that begins at a line: a head, a line of dashes, and as many lines as have a bar. Undefined: none, or one that a spoiler
 * runs through, which is shown as it was typed rather than told. `isOther`: whether something else begins at a line.
 */
export function tableAt(lines: readonly string[], at: number, isOther: (at: number) => boolean): RawTable | undefined {
  if (!isTableHead(lines, at)) return undefined
  let end = at + 2
  while (end < lines.length && isRow(lines[end] ?? '') && !isOther(end)) end++
  const [head = '', dashes = '', ...rows] = lines.slice(at, end)
  const whole = [head, ...rows].join('\n')
  if (spoilersOf(whole, codeSpans(whole)).length > 0) return undefined
  return { align: cellsOf(dashes).map(alignOf), rows: [head, ...rows].map(cellsOf), end }
}

const isRow = (line: string): boolean => !isBlank(line) && bars(line).length > 0

function bars(line: string): number[] {
  const code = codeSpans(line)
  return [...line.matchAll(/\\?\|/g)]
    .filter(({ 0: sign, index }) => sign === '|' && !spanAt(code, index))
    .map(({ index }) => index)
}

function cellsOf(line: string): string[] {
  const edges = [-1, ...bars(line), line.length]
  const cells = edges.slice(1).map((end, i) => line.slice((edges[i] ?? 0) + 1, end))
  // A bar at either edge of the line has no cell beyond it.
  if (cells.length > 1 && isBlank(cells[0])) cells.shift()
  if (cells.length > 1 && isBlank(cells.at(-1))) cells.pop()
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'))
}

function alignOf(dashes: string): Align {
  const [isStart, isEnd] = [dashes.startsWith(':'), dashes.endsWith(':')]
  return isStart && isEnd ? 'center' : isEnd ? 'end' : isStart ? 'start' : undefined
}
