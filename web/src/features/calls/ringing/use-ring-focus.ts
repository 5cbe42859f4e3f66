import { useEventListener } from '@vueuse/core'
import { onBeforeUnmount } from 'vue'

const TYPING =
  'input:not([type="checkbox"], [type="radio"], [type="button"], [type="range"]), textarea, select, [contenteditable="true"]'

/**
 * Lets the keyboard answer a ringing call from wherever it is. The card takes the focus from nobody who is typing; then the first Tab
 * leads to it. It holds the focus although an open dialog would take it back. Returns what to do once the card is there.
 */
export function useRingFocus(card: () => HTMLElement | undefined): () => void {
  let before: HTMLElement | undefined
  let offered = false
  const isOurs = (target: EventTarget | null): boolean => target instanceof Node && card()?.contains(target) === true

  function take(): void {
    const { activeElement } = document
    if (activeElement instanceof HTMLElement && activeElement !== document.body) before = activeElement
    offered = true
    card()?.focus({ preventScroll: true })
  }

  // Captured before the listeners of the dialog, which are on the document.
  useEventListener(window, 'focusin', (event) => isOurs(event.target) && event.stopPropagation(), { capture: true })
  useEventListener(window, 'focusout', (event) => isOurs(event.relatedTarget) && event.stopPropagation(), {
    capture: true,
  })
  useEventListener(
    window,
    'keydown',
    (event) => {
      const isTab = event.key === 'Tab' && !event.ctrlKey && !event.altKey && !event.metaKey
      if (!isTab || offered || isOurs(document.activeElement)) return
      event.preventDefault()
      event.stopPropagation()
      take()
    },
    { capture: true },
  )
  onBeforeUnmount(() => {
    if (isOurs(document.activeElement)) before?.focus({ preventScroll: true })
  })
  return () => {
    if (!document.activeElement?.matches(TYPING)) take()
  }
}
