import { type ComputedRef, computed, nextTick, onBeforeUnmount, onMounted, type Ref, shallowRef, watch } from 'vue'
import {
  type Anchor,
  anchorsIn,
  covers,
  type ListHandle,
  type Range,
  rangeIn,
  type View,
  type Where,
} from './anchor.js'
import { RowOffsets } from './offsets.js'

/** Rendered above and below the view, pixels: more costs memory and time at every jump, less shows blanks in fast scrolling. */
const OVERSCAN = 900
/** Assumed height of a row that has not been measured, pixels: a message of one line. */
const ESTIMATE = 56
/** Within this many pixels of the end, the reader is at the end. */
const NEAR_END = 40
/** Number of rows from the view within which the focused row stays rendered. */
const KEPT_WITHIN = 150
/** A scroll has ended when no scroll event has come for this time. */
const QUIET_MS = 150

interface AnchoredParts<T> {
  readonly items: () => readonly T[]
  /** The end of the rows is the present: a reader at the end stays there. */
  readonly sticks: () => boolean
  /** Key of a row that stays rendered, because it has the focus; empty: none. */
  readonly keep: () => string
  /** Writing the scroll position stops a running scroll (WebKit of iOS): corrections wait in the space above the rows. */
  readonly deferred: () => boolean
  /** The rows in the view have changed. */
  readonly moved: () => void
  /** The element that scrolls; inside it, one as high as all rows together; inside that, the block of rendered rows. */
  readonly scroller: Ref<HTMLElement | undefined>
  readonly sizer: Ref<HTMLElement | undefined>
  readonly block: Ref<HTMLElement | undefined>
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
  scroller,
  sizer,
  block,
}: AnchoredParts<T>): {
  readonly shown: ComputedRef<readonly ShownRow<T>[]>
  onScroll(): void
  readonly handle: ListHandle
} {
  const rows = new RowOffsets(ESTIMATE)
  const range = shallowRef<Range>({ start: 0, end: 0 })
  const shown = computed(() =>
    items()
      .slice(range.value.start, range.value.end)
      .map((item, i) => ({ item, index: range.value.start + i })),
  )
  let keys: readonly string[] = []
  let anchors: readonly Anchor[] = []
  let pinned = true
  /** The scroll position written last. Any other position comes from the person. */
  let written = -1
  /** The scroll position for which `anchors` and `pinned` were taken. */
  let seen = 0
  /** Correction that waits for the end of a scroll. */
  let drift = 0
  let scrolledAt = 0
  let quiet: ReturnType<typeof setTimeout> | undefined

  const origin = (): number => sizer.value?.offsetTop ?? 0
  const view = (): View => ({
    offset: (scroller.value?.scrollTop ?? 0) - origin() + drift,
    height: scroller.value?.clientHeight ?? 0,
  })
  const leftToEnd = (): number => {
    const element = scroller.value
    return element ? element.scrollHeight - element.clientHeight - element.scrollTop : 0
  }

  function write(scrollTop: number): void {
    const element = scroller.value
    if (!element) return
    if (Math.abs(element.scrollTop - scrollTop) >= 0.5) element.scrollTop = scrollTop
    written = element.scrollTop
    seen = written
  }

  /** The person has scrolled and the scroll event has not come yet: the anchors are moved to the new position. */
  function catchUp(scrollTop: number): void {
    const by = scrollTop - seen
    if (Math.abs(by) < 0.5) return
    seen = scrollTop
    if (pinned && by < 0 && leftToEnd() >= NEAR_END) look()
    else anchors = anchors.map(({ key, top }) => ({ key, top: top - by }))
  }

  /** The offset at which the anchored row keeps its position. */
  function anchoredOffset(height: number): number {
    if (pinned) return rows.total - height
    for (const { key, top } of anchors) {
      const index = indexOf(key)
      if (index >= 0) return rows.topOf(index) - top
    }
    return view().offset
  }

  /** Rendered rows first: usually the row is one of them. */
  function indexOf(key: string): number {
    for (let i = range.value.start; i < range.value.end; i++) if (keys[i] === key) return i
    return keys.indexOf(key)
  }

  function wantedRange(offset: number, overscan: number): Range {
    const around = rangeIn(rows, { offset, height: view().height }, overscan)
    const kept = keep() === '' ? -1 : indexOf(keep())
    if (kept < around.start - KEPT_WITHIN || kept > around.end + KEPT_WITHIN || kept < 0) return around
    return { start: Math.min(around.start, kept), end: Math.max(around.end, kept + 1) }
  }

  /** Renders more as soon as half of the overscan is used up. */
  function cover(offset: number): boolean {
    if (covers(range.value, wantedRange(offset, OVERSCAN / 2)) && range.value.end <= keys.length) return false
    range.value = wantedRange(offset, OVERSCAN)
    return true
  }

  /** After heights or rendered rows have changed: restores the position of the anchored row before the browser paints. */
  function settle(): void {
    const element = scroller.value
    if (!element || !sizer.value || !block.value) return
    catchUp(element.scrollTop)
    sizer.value.style.height = `${rows.total}px`
    const offset = anchoredOffset(element.clientHeight)
    const start = rows.topOf(range.value.start)
    if (pinned) {
      drift = 0
      block.value.style.top = `${start}px`
      write(element.scrollHeight)
    } else {
      const wanted = origin() + offset
      const inScroll = deferred() && performance.now() - scrolledAt < QUIET_MS
      const next = wanted - element.scrollTop
      drift = inScroll && start - next >= 0 ? next : 0
      block.value.style.top = `${start - drift}px`
      if (drift === 0) write(wanted)
    }
    cover(view().offset)
  }

  function measure(): boolean {
    let changed = false
    for (const row of block.value?.children ?? []) {
      const height = (row as HTMLElement).getBoundingClientRect().height
      if (rows.measure(Number((row as HTMLElement).dataset.index), height)) changed = true
    }
    return changed
  }

  let observed = new Set<Element>()
  function rendered(): void {
    const present = new Set<Element>(block.value?.children ?? [])
    for (const row of observed) if (!present.has(row)) observer.unobserve(row)
    for (const row of present) if (!observed.has(row)) observer.observe(row)
    observed = present
    measure()
    settle()
  }

  /** Observes the rows, the space above them and the view. It reports after layout and before paint. */
  const observer = new ResizeObserver(() => {
    measure()
    settle()
    moved()
  })

  /** Takes the anchors for what is in view now. */
  function look(): void {
    const now = view()
    seen = scroller.value?.scrollTop ?? 0
    anchors = anchorsIn(rows, keys, now)
    pinned = sticks() && leftToEnd() < NEAR_END
  }

  function onScroll(): void {
    const element = scroller.value
    if (!element) return
    scrolledAt = performance.now()
    if (Math.abs(element.scrollTop - written) >= 1) {
      written = -1
      look()
      cover(view().offset)
    }
    if (drift !== 0) {
      clearTimeout(quiet)
      quiet = setTimeout(settle, QUIET_MS + 10)
    }
    moved()
  }

  watch(
    items,
    (now) => {
      keys = now.map(({ key }) => key)
      rows.setKeys(keys)
      if (!sticks()) pinned = false
      const height = view().height
      if (height > 0 || keys.length === 0) range.value = wantedRange(anchoredOffset(height), OVERSCAN)
    },
    { immediate: true },
  )
  watch([shown, keep], rendered, { flush: 'post' })
  watch(sticks, () => look(), { flush: 'post' })

  onMounted(() => {
    const element = scroller.value
    if (!element) return
    observer.observe(element)
    if (sizer.value?.previousElementSibling) observer.observe(sizer.value.previousElementSibling)
    range.value = wantedRange(anchoredOffset(element.clientHeight), OVERSCAN)
    rendered()
  })
  onBeforeUnmount(() => {
    observer.disconnect()
    clearTimeout(quiet)
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

  async function scrollTo(key: string, top: number | 'middle'): Promise<boolean> {
    const index = keys.indexOf(key)
    if (index < 0) return false
    const place = () =>
      top === 'middle' ? Math.max(0, ((scroller.value?.clientHeight ?? 0) - rows.heightOf(index)) / 2) : top
    for (const _ of [1, 2]) {
      pinned = false
      seen = scroller.value?.scrollTop ?? 0
      anchors = [{ key, top: place() }]
      range.value = wantedRange(anchoredOffset(0), OVERSCAN)
      await settled()
    }
    look()
    moved()
    return true
  }

  async function scrollToEnd(): Promise<void> {
    pinned = true
    seen = scroller.value?.scrollTop ?? 0
    range.value = wantedRange(anchoredOffset(scroller.value?.clientHeight ?? 0), OVERSCAN)
    await settled()
    look()
    moved()
  }

  const place = (): Anchor | undefined => (pinned ? undefined : anchors[0])

  function where(): Where {
    const { offset, height } = view()
    const [first, last] = [rows.indexAt(offset), rows.indexAt(offset + height - 1)]
    return { first, last, above: offset + origin(), below: leftToEnd(), atEnd: leftToEnd() < NEAR_END }
  }

  return { shown, onScroll, handle: { scrollTo, scrollToEnd, place, where } }
}
