import type { View } from './anchor.js'
import type { ListElements } from './list-elements.js'

/** A scroll has ended when no scroll event has come for this time. */
const QUIET_MS = 150

/** The scroll position: corrections are written at once, or wait until the person has stopped scrolling. */
export class ScrollPosition {
  /** The scroll position written last. Any other position comes from the person. */
  #written = -1
  /** Correction that waits for the end of a scroll. */
  #drift = 0
  #scrolledAt = 0
  #quiet: ReturnType<typeof setTimeout> | undefined

  /** `deferred`: writing the position stops a running scroll (WebKit of iOS), so that corrections wait in the space above the rows. */
  constructor(
    private readonly elements: ListElements,
    private readonly deferred: () => boolean,
  ) {}

  get view(): View {
    const { scrollTop, origin, height } = this.elements
    return { offset: scrollTop - origin + this.#drift, height }
  }

  /** True when the scroll event comes from the person. */
  scrolled(): boolean {
    this.#scrolledAt = performance.now()
    if (Math.abs(this.elements.scrollTop - this.#written) < 1) return false
    this.#written = -1
    return true
  }

  /** Calls `settle` when the running scroll has ended, if a correction waits for that. */
  afterScroll(settle: () => void): void {
    if (this.#drift === 0) return
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(settle, QUIET_MS + 10)
  }

  /** To the end, and the block of rows to its offset. */
  toEnd(start: number): void {
    this.#drift = 0
    this.#place(start)
    this.#write(this.elements.scroller?.scrollHeight ?? 0)
  }

  /** To an offset of the rows, now or after the scroll; `start`: offset of the first rendered row. */
  to(offset: number, start: number): void {
    const wanted = this.elements.origin + offset
    const next = wanted - this.elements.scrollTop
    const inScroll = this.deferred() && performance.now() - this.#scrolledAt < QUIET_MS
    this.#drift = inScroll && start - next >= 0 ? next : 0
    this.#place(start - this.#drift)
    if (this.#drift === 0) this.#write(wanted)
  }

  stop(): void {
    clearTimeout(this.#quiet)
  }

  #place(top: number): void {
    const block = this.elements.refs.block.value
    if (block) block.style.top = `${top}px`
  }

  #write(scrollTop: number): void {
    const element = this.elements.scroller
    if (!element) return
    if (Math.abs(element.scrollTop - scrollTop) >= 0.5) element.scrollTop = scrollTop
    this.#written = element.scrollTop
  }
}
