import type { ListElements } from './list-elements.js'
import type { RowOffsets } from './offsets.js'

/** Measures the rendered rows. It observes them, the space above them and the view, and reports after layout and before paint. */
export class RowObserver {
  readonly #observer: ResizeObserver
  #observed = new Set<Element>()

  constructor(
    private readonly elements: ListElements,
    private readonly rows: RowOffsets,
    resized: () => void,
  ) {
    this.#observer = new ResizeObserver(() => {
      this.measure()
      resized()
    })
  }

  /** The view and the space above the rows. */
  start(): void {
    const { scroller, refs } = this.elements
    if (scroller) this.#observer.observe(scroller)
    const before = refs.sizer.value?.previousElementSibling
    if (before) this.#observer.observe(before)
  }

  /** The rendered rows have changed. */
  renew(): void {
    const present = new Set<Element>(this.elements.refs.block.value?.children ?? [])
    for (const row of this.#observed) if (!present.has(row)) this.#observer.unobserve(row)
    for (const row of present) if (!this.#observed.has(row)) this.#observer.observe(row)
    this.#observed = present
    this.measure()
  }

  /** Each rendered row is a child of `block` with its index in `data-index`. */
  measure(): void {
    for (const row of this.elements.refs.block.value?.children ?? [])
      this.rows.measure(Number((row as HTMLElement).dataset.index), row.getBoundingClientRect().height)
  }

  stop(): void {
    this.#observer.disconnect()
  }
}
