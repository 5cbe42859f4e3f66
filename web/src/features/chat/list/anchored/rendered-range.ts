import { shallowRef } from 'vue'
import { covers, type Range, rangeIn, type View } from './anchor.js'
import type { RowOffsets } from './offsets.js'

/** Rendered above and below the view, pixels: more costs memory and time at every jump, less shows blanks in fast scrolling. */
const OVERSCAN = 900
/** Number of rows from the view within which the focused row stays rendered. */
const KEPT_WITHIN = 150

/** The rows that are rendered: those around the view, and the one with the focus. */
export class RenderedRange {
  readonly #range = shallowRef<Range>({ start: 0, end: 0 })

  /** `keep`: key of a row that stays rendered, because it has the focus; empty: none. */
  constructor(
    private readonly rows: RowOffsets,
    private readonly keep: () => string,
  ) {}

  get value(): Range {
    return this.#range.value
  }

  /** Renders the rows around this view. */
  around(view: View): void {
    this.#range.value = this.#wanted(view, OVERSCAN)
  }

  /** Renders more as soon as half of the overscan is used up. */
  cover(view: View): void {
    if (covers(this.value, this.#wanted(view, OVERSCAN / 2)) && this.value.end <= this.rows.count) return
    this.around(view)
  }

  #wanted(view: View, overscan: number): Range {
    const around = rangeIn(this.rows, view, overscan)
    const kept = this.keep() === '' ? -1 : this.rows.indexOf(this.keep(), this.value)
    if (kept < around.start - KEPT_WITHIN || kept > around.end + KEPT_WITHIN || kept < 0) return around
    return { start: Math.min(around.start, kept), end: Math.max(around.end, kept + 1) }
  }
}
