/** A part of a text: from `start` up to, not including, `end`. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/
const INDENTED = /^(?: {4}| {0,3}\t)/
const QUOTED = /^ {0,3}>/
const ITEM = /^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:\s|$)/

/** What is being read, line by line. */
interface Reading {
  /** The fence that is open: its sign, and how often it stands there. */
  fence: { readonly sign: string; readonly length: number } | undefined
  /** Where the paragraph began that the next line may continue; undefined: none. */
  paragraph: number | undefined
  /** Indented lines belong to the item of a list, and are not code. */
  list: boolean
}

/**
 * Where a text is code or a quotation (CommonMark 0.31: 4.4, 4.5, 5.1, 6.1): there nobody is called and nothing becomes an emoji. In order, without
 * overlaps. `open`: a code span that does not end, because it is still being written, reaches to the end of the text.
 */
export function silentRanges(text: string, open = false): readonly TextRange[] {
  const ranges: TextRange[] = []
  const reading: Reading = { fence: undefined, paragraph: undefined, list: false }
  const endParagraph = (end: number, isLast: boolean) => {
    if (reading.paragraph !== undefined) ranges.push(...codeSpans(text, reading.paragraph, end, open && isLast))
    reading.paragraph = undefined
  }
  let start = 0
  for (const line of text.split('\n')) {
    const end = start + line.length
    const isFence = isFenceLine(line, reading)
    if (isFence || reading.fence || isSilentLine(line, reading)) {
      endParagraph(start, false)
      ranges.push({ start, end })
    } else if (line.trim() === '') endParagraph(start, false)
    else {
      reading.list = ITEM.test(line) || (reading.list && (reading.paragraph !== undefined || /^\s/.test(line)))
      reading.paragraph ??= start
    }
    start = end + 1
  }
  endParagraph(text.length, true)
  return ranges
}

/** Opens or closes a fence. */
function isFenceLine(line: string, reading: Reading): boolean {
  const { fence } = reading
  if (fence) {
    const [closing = ''] = /^ {0,3}(?:`{3,}|~{3,})\s*$/.exec(line) ?? []
    const run = closing.trim()
    if (run.startsWith(fence.sign) && run.length >= fence.length) reading.fence = undefined
    return true
  }
  const [, run = ''] = FENCE.exec(line) ?? []
  if (run === '') return false
  reading.fence = { sign: run.charAt(0), length: run.length }
  return true
}

/** An indented line within a paragraph belongs to the paragraph. */
const isSilentLine = (line: string, { paragraph, list }: Reading): boolean =>
  QUOTED.test(line) || (INDENTED.test(line) && line.trim() !== '' && paragraph === undefined && !list)

/** Runs of backticks that are closed by a run of the same length. One behind a backslash opens nothing. */
function codeSpans(text: string, from: number, to: number, open: boolean): TextRange[] {
  const runs = [...text.slice(from, to).matchAll(/(\\*)(`+)/g)].map(({ index, 1: slashes = '', 2: ticks = '' }) => {
    const isEscaped = slashes.length % 2 === 1
    return { start: from + index + slashes.length, length: ticks.length, isEscaped }
  })
  const spans: TextRange[] = []
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i]
    if (!run) break
    const { start, length } = run.isEscaped ? { start: run.start + 1, length: run.length - 1 } : run
    if (length === 0) continue
    const closing = runs.findIndex((other, at) => at > i && other.length === length)
    const closer = runs[closing]
    if (closer) {
      spans.push({ start, end: closer.start + closer.length })
      i = closing
    } else if (open && !/[\p{L}\p{N}]/u.test(text.charAt(start - 1))) return [...spans, { start, end: to }]
  }
  return spans
}

/** Whether a place is within one of the ranges. */
export const isWithin = (ranges: readonly TextRange[], place: number): boolean =>
  ranges.some(({ start, end }) => place >= start && place < end)
