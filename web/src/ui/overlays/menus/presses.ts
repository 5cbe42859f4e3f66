import { useEventListener } from '@vueuse/core'
import { type Ref, shallowRef } from 'vue'
import type { MenuPoint } from './menu-point.js'

const LONG_PRESS_MS = 500
/** A finger that moves further scrolls. */
const STILL_PX = 10
/** The browser's own menu is of more use there: it pastes, and controls what plays. */
const BROWSERS = 'input, textarea, select, audio, video, [contenteditable="true"]'

/** Text that is selected is to be copied, by the browser's menu; Shift asks for that menu everywhere. */
function isForBrowser(event: MouseEvent, target: Element): boolean {
  if (target.closest(BROWSERS) || (event.button === 2 && event.shiftKey)) return true
  const selection = getSelection()
  return selection !== null && !selection.isCollapsed && selection.containsNode(target, true)
}

/** Of a key the browser tells the place of the element, or none. */
function pointOf({ clientX: x, clientY: y }: MouseEvent, from: HTMLElement): MenuPoint {
  if (x !== 0 || y !== 0) return { x, y, from }
  const { left, top, height } = from.getBoundingClientRect()
  return { x: left + 24, y: top + height / 2, from }
}

/** See `useContextMenu`. */
export function watchPresses(
  area: Readonly<Ref<HTMLElement | null | undefined>>,
  elementOf: (target: Element) => HTMLElement | null | undefined,
  open: (point: MenuPoint, target: Element) => void,
): void {
  const pressed = shallowRef<{ readonly x: number; readonly y: number }>()
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The finger that has opened the menu is still there: letting go presses nothing. */
  let opened = false

  function letGo(): void {
    clearTimeout(timer)
    pressed.value = undefined
  }

  useEventListener(area, 'contextmenu', (event: MouseEvent) => {
    letGo()
    const target = event.target
    if (!(target instanceof Element) || event.defaultPrevented) return
    const from = elementOf(target)
    if (!from || isForBrowser(event, target)) return
    event.preventDefault()
    if (!opened) open(pointOf(event, from), target)
  })
  // Safari tells of no long press by itself.
  useEventListener(area, 'pointerdown', ({ pointerType, isPrimary, clientX: x, clientY: y, target }: PointerEvent) => {
    letGo()
    opened = false
    if (pointerType !== 'touch' || !isPrimary || !(target instanceof Element) || target.closest(BROWSERS)) return
    const from = elementOf(target)
    if (!from) return
    pressed.value = { x, y }
    timer = setTimeout(() => {
      opened = true
      open({ x, y, from }, target)
    }, LONG_PRESS_MS)
  })
  useEventListener(area, 'pointermove', ({ clientX, clientY }: PointerEvent) => {
    const start = pressed.value
    if (start && Math.hypot(clientX - start.x, clientY - start.y) > STILL_PX) letGo()
  })
  useEventListener(area, ['pointerup', 'pointercancel'], letGo)
  useEventListener(
    area,
    'click',
    (event: MouseEvent) => {
      if (!opened) return
      opened = false
      event.preventDefault()
      event.stopPropagation()
    },
    { capture: true },
  )
}
