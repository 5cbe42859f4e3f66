import type { RowOffsets } from './offsets.js'

/** A row, and the offset of its upper edge from the upper edge of the view: pixels, negative when it is cut off. */
export interface Anchor {
  readonly key: string
  readonly top: number
}

/** Rendered rows, from `start` up to and excluding `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

export interface View {
  /** Scroll position, from the first row on. */
  readonly offset: number
  readonly height: number
}

/**
 * What must not move: the first row that begins inside the view, followed by all others in it, in case the first one
 * is removed. If one row fills the whole view, that row.
 */
export function anchorsIn(rows: RowOffsets, { offset, height }: View): Anchor[] {
  const first = rows.indexAt(offset)
  const anchors: Anchor[] = []
  for (let i = first; i < rows.count && rows.topOf(i) < offset + height; i++) {
    const [key, top] = [rows.keyAt(i) ?? '', rows.topOf(i) - offset]
    if (top >= 0) anchors.push({ key, top })
  }
  const filling = rows.keyAt(first)
  return anchors.length === 0 && filling !== undefined ? [{ key: filling, top: rows.topOf(first) - offset }] : anchors
}

/** Rows in the view and `overscan` pixels around it. */
export function rangeIn(rows: RowOffsets, { offset, height }: View, overscan: number): Range {
  if (rows.count === 0) return { start: 0, end: 0 }
  return { start: rows.indexAt(offset - overscan), end: rows.indexAt(offset + height + overscan) + 1 }
}

export const covers = (range: Range, wanted: Range): boolean => range.start <= wanted.start && range.end >= wanted.end

/** The rows in the view; `above`: the scroll position; `below`: the distance to the end, pixels. */
export interface Where {
  readonly first: number
  readonly last: number
  readonly above: number
  readonly below: number
  readonly atEnd: boolean
}

/** Methods of a list. */
export interface ListHandle {
  /** Scrolls a row into the view; `top`: offset of its upper edge, or in the middle. False: there is no such row. */
  scrollTo(key: string, top: number | 'middle'): Promise<boolean>
  scrollToEnd(): Promise<void>
  /** The place to return to; undefined: the end. */
  place(): Anchor | undefined
  where(): Where
}
