import { type ComputedRef, computed, nextTick, onBeforeUnmount, onMounted, watch } from 'vue'
import type { ListHandle, Range } from './anchor.js'
import { Hold } from './hold.js'
import { type ElementRefs, ListElements } from './list-elements.js'
import { listHandle } from './list-handle.js'
import { RowOffsets } from './offsets.js'
import { RenderedRange } from './rendered-range.js'
import { RowObserver } from './row-observer.js'
import { ScrollPosition } from './scroll-position.js'

/** Assumed height of a row that has not been measured, pixels: a message of one line. */
const ESTIMATE = 56

/** Height of the view of the list that was shown last: the rows of the next one are rendered with it, not only once it is measured. */
let lastHeight = 0

interface AnchoredParts<T> extends ElementRefs {
  readonly items: () => readonly T[]
  /** The end of the rows is the present: a reader at the end stays there. */
  readonly sticks: () => boolean
  /** Key of a row that stays rendered, because it has the focus; empty: none. */
  readonly keep: () => string
  /** Writing the scroll position stops a running scroll (WebKit of iOS): corrections wait in the space above the rows. */
  readonly deferred: () => boolean
  /** The rows in the view have changed. */
  readonly moved: () => void
}

interface ShownRow<T> {
  readonly item: T
  readonly index: number
}

/**
 * The mechanics of a long list: it renders the rows around the view, and whatever changes (rows added above, heights, the view itself),
 * the row in view stays where it is (ADR 0023). Each rendered row is a child of `block` with its index in `data-index`.
 */
export function useAnchoredList<T extends { readonly key: string }>({
  items,
  sticks,
  keep,
  deferred,
  moved,
  ...refs
}: AnchoredParts<T>): {
  readonly shown: ComputedRef<readonly ShownRow<T>[]>
  onScroll(): void
  readonly handle: ListHandle
} {
  const elements = new ListElements(refs)
  const rows = new RowOffsets(ESTIMATE)
  const position = new ScrollPosition(elements, deferred)
  const hold = new Hold(elements, position, rows, sticks)
  const range = new RenderedRange(rows, keep)
  const observer = new RowObserver(elements, rows, () => {
    settle()
    moved()
  })
  const shown = computed(() =>
    items()
      .slice(range.value.start, range.value.end)
      .map((item, i) => ({ item, index: range.value.start + i })),
  )

  /** Renders the rows around the place that is held, for a view of this height. */
  function renderHeld(height: number): void {
    range.around({ offset: hold.offset(height, range.value), height: elements.height || height })
  }

  /** After heights or rendered rows have changed: restores the position of what is held before the browser paints. */
  function settle(): void {
    if (!elements.scroller || !refs.sizer.value) return
    hold.catchUp()
    refs.sizer.value.style.height = `${rows.total}px`
    const start = rows.topOf(range.value.start)
    if (hold.atEnd) position.toEnd(start)
    else position.to(hold.offset(elements.height, range.value), start)
    hold.see()
    range.cover(position.view)
  }

  function rendered(): void {
    observer.renew()
    settle()
  }

  function onScroll(): void {
    if (hold.pushedFromEnd()) settle()
    else if (position.scrolled()) {
      hold.take()
      range.cover(position.view)
    }
    position.afterScroll(settle)
    moved()
  }

  watch(
    items,
    (now) => {
      rows.setKeys(now.map(({ key }) => key))
      if (!sticks()) hold.leaveEnd()
      const height = elements.height || (elements.scroller ? 0 : lastHeight)
      if (height > 0 || now.length === 0) renderHeld(height)
    },
    { immediate: true },
  )
  watch([shown, keep], rendered, { flush: 'post' })
  watch(sticks, () => hold.take(), { flush: 'post' })

  onMounted(() => {
    observer.start()
    if (elements.height > 0) lastHeight = elements.height
    renderHeld(elements.height)
    rendered()
  })
  onBeforeUnmount(() => {
    observer.stop()
    position.stop()
  })

  /** Waits until the wanted rows are rendered and in place. */
  async function settled(): Promise<void> {
    let before: Range | undefined
    for (let turn = 0; turn < 20 && before !== range.value; turn++) {
      before = range.value
      await nextTick()
      rendered()
    }
  }

  return { shown, onScroll, handle: listHandle({ elements, rows, position, hold, renderHeld, settled, moved }) }
}
