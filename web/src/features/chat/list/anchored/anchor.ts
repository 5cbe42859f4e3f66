import type { RowOffsets } from './offsets.js'

/** A row, and how far its upper edge stands below the upper edge of the view: pixels, negative when it is cut off. */
export interface Anchor {
  readonly key: string
  readonly top: number
}

/** Rows that are rendered, from `start` up to and without `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

export interface View {
  /** How far the list is scrolled, from the first row on. */
  readonly offset: number
  readonly height: number
}

/**
 * What must not move: the first row that begins inside the view, and after it all others that are in it, should the first one
 * go. Of a list where one row fills the whole view, that row.
 */
export function anchorsIn(rows: RowOffsets, keys: readonly string[], { offset, height }: View): Anchor[] {
  const first = rows.indexAt(offset)
  const anchors: Anchor[] = []
  for (let i = first; i < keys.length && rows.topOf(i) < offset + height; i++) {
    const [key, top] = [keys[i] ?? '', rows.topOf(i) - offset]
    if (top >= 0) anchors.push({ key, top })
  }
  const filling = keys[first]
  return anchors.length === 0 && filling !== undefined ? [{ key: filling, top: rows.topOf(first) - offset }] : anchors
}

/** Rows in the view and `overscan` pixels around it. */
export function rangeIn(rows: RowOffsets, { offset, height }: View, overscan: number): Range {
  if (rows.count === 0) return { start: 0, end: 0 }
  return { start: rows.indexAt(offset - overscan), end: rows.indexAt(offset + height + overscan) + 1 }
}

export const covers = (range: Range, wanted: Range): boolean => range.start <= wanted.start && range.end >= wanted.end

/** What of the rows is in the view; `above`: how far the list is scrolled; `below`: how far it is to the end, pixels. */
export interface Where {
  readonly first: number
  readonly last: number
  readonly above: number
  readonly below: number
  readonly atEnd: boolean
}

/** What can be asked of a list. */
export interface ListHandle {
  /** Puts a row into the view; `top`: where its upper edge is to stand, or in the middle. False: there is no such row. */
  scrollTo(key: string, top: number | 'middle'): Promise<boolean>
  scrollToEnd(): Promise<void>
  /** What to come back to; undefined: the end. */
  place(): Anchor | undefined
  where(): Where
}
