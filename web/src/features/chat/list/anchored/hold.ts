import { type Anchor, anchorsIn, type Range } from './anchor.js'
import type { ListElements } from './list-elements.js'
import type { RowOffsets } from './offsets.js'
import type { ScrollPosition } from './scroll-position.js'

/** Within this many pixels of the end, the reader is at the end. */
export const NEAR_END = 40

/** What must not move: the end of the rows, or the rows in the view. */
export class Hold {
  #anchors: readonly Anchor[] = []
  #end = true
  /** The scroll position and the height of the view for which it was taken. */
  #seen = { scrollTop: 0, height: 0 }

  /** `sticks`: the end of the rows is the present, and a reader at the end stays there. */
  constructor(
    private readonly elements: ListElements,
    private readonly position: ScrollPosition,
    private readonly rows: RowOffsets,
    private readonly sticks: () => boolean,
  ) {}

  get atEnd(): boolean {
    return this.#end
  }

  /** The first row that is held; undefined: the end is. */
  get anchor(): Anchor | undefined {
    return this.#end ? undefined : this.#anchors[0]
  }

  /** Takes what is in the view now. */
  take(): void {
    this.see()
    this.#anchors = anchorsIn(this.rows, this.position.view)
    this.#end = this.sticks() && this.elements.leftToEnd < NEAR_END
  }

  takeRow(anchor: Anchor): void {
    this.see()
    this.#anchors = [anchor]
    this.#end = false
  }

  takeEnd(): void {
    this.see()
    this.#end = true
  }

  leaveEnd(): void {
    this.#end = false
  }

  /** The present position is the one for which it was taken. */
  see(): void {
    const { scrollTop, height } = this.elements
    this.#seen = { scrollTop, height }
  }

  /**
   * The browser has scrolled, not the person: the view has another height, or was higher for a moment, and at the end of its content it
   * cannot keep its position then. A field below it that is measured while it grows does that.
   */
  pushedFromEnd(): boolean {
    const { scrollTop, height } = this.elements
    return this.#end && height !== this.#seen.height && scrollTop < this.#seen.scrollTop
  }

  /** The person has scrolled and the scroll event has not come yet: the held rows are moved to the new position. */
  catchUp(): void {
    const by = this.elements.scrollTop - this.#seen.scrollTop
    if (Math.abs(by) < 0.5 || this.pushedFromEnd()) return
    if (this.#end && by < 0 && this.elements.leftToEnd >= NEAR_END) this.take()
    else {
      this.see()
      this.#anchors = this.#anchors.map(({ key, top }) => ({ key, top: top - by }))
    }
  }

  /** The offset of a view of this height at which the held row keeps its position. `rendered`: where it is looked for first. */
  offset(height: number, rendered: Range): number {
    if (this.#end) return this.rows.total - height
    for (const { key, top } of this.#anchors) {
      const index = this.rows.indexOf(key, rendered)
      if (index >= 0) return this.rows.topOf(index) - top
    }
    return this.position.view.offset
  }
}
