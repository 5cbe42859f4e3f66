import { computed, nextTick, ref } from 'vue'

export interface RovingOptions {
  /** Keys of the items, in order. They stay the same when items are inserted before them. */
  readonly keys: () => readonly string[]
  /** The element of an item; undefined while it is not rendered (a virtual list). */
  readonly elementOf: (key: string) => HTMLElement | undefined | null
  /** Renders an item that is not there yet and scrolls to it. */
  readonly reveal?: (key: string) => Promise<void> | void
  readonly direction?: 'vertical' | 'horizontal' | 'both'
  /** The item that Tab reaches first. */
  readonly start?: 'first' | 'last'
  /** Wraps from the last item to the first. */
  readonly loop?: boolean
}

const STEPS = {
  vertical: { ArrowDown: 1, ArrowUp: -1 },
  horizontal: { ArrowRight: 1, ArrowLeft: -1 },
  both: { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 },
} as const
const PAGE = 10

/** The index that a key moves to from `at`; undefined for keys that lists do not handle. Pure. */
export function nextIndex(
  key: string,
  at: number,
  count: number,
  { direction = 'vertical', loop = false }: Pick<RovingOptions, 'direction' | 'loop'> = {},
): number | undefined {
  if (count === 0) return undefined
  const within = (index: number) => Math.min(Math.max(index, 0), count - 1)
  const step = (STEPS[direction] as Readonly<Record<string, number>>)[key]
  if (step !== undefined) return loop ? (at + step + count) % count : within(at + step)
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  if (key === 'PageDown') return within(at + PAGE)
  return key === 'PageUp' ? within(at - PAGE) : undefined
}

/**
 * Roving focus (WAI-ARIA Authoring Practices, "Managing focus within components"): a list is one stop of Tab, arrows, Home, End,
 * PageUp and PageDown move inside it. Bind `tabindexOf(key)` on every item, `onKeydown` and `onFocusin` on the list.
 */
export function useRoving(options: RovingOptions) {
  const chosen = ref<string>()
  const active = computed(() => {
    const keys = options.keys()
    if (chosen.value !== undefined && keys.includes(chosen.value)) return chosen.value
    return options.start === 'last' ? keys.at(-1) : keys[0]
  })
  const tabindexOf = (key: string): 0 | -1 => (key === active.value ? 0 : -1)
  const keyOf = (target: EventTarget | null) =>
    target instanceof Node ? options.keys().find((key) => options.elementOf(key)?.contains(target)) : undefined

  /** Moves the focus to an item, rendering it first if needed. */
  async function focus(key: string): Promise<void> {
    chosen.value = key
    if (!options.elementOf(key)) await options.reveal?.(key)
    await nextTick()
    options.elementOf(key)?.focus()
  }

  /** Keys that an item needs itself (a text box, an open menu) are left alone. */
  function onKeydown(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    if (event.target instanceof Element && event.target.matches('input, textarea, select, [contenteditable="true"]'))
      return
    const keys = options.keys()
    const at = keys.indexOf(keyOf(event.target) ?? active.value ?? '')
    const next = keys[nextIndex(event.key, at, keys.length, options) ?? -1]
    if (next === undefined) return
    event.preventDefault()
    void focus(next)
  }
  function onFocusin(event: FocusEvent): void {
    const key = keyOf(event.target)
    if (key !== undefined) chosen.value = key
  }
  return { active, tabindexOf, focus, onKeydown, onFocusin }
}
