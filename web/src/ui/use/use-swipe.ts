import { useEventListener } from '@vueuse/core'
import type { Ref } from 'vue'

/** A drag along the window by a finger or a pen. `dx` in px from where it began, `velocity` in px/ms. */
export interface Drag {
  move(dx: number): void
  end(dx: number, velocity: number): void
}

/** Less is a tap that trembles. */
const SLOP_PX = 10
/** How much more sideways than up or down it must be, not to be a scroll. */
const SIDEWAYS = 1.2
/** The finger's speed is that of its last moment, not of the whole way. */
const RECENT_MS = 100
/** A flick decides whatever the distance. */
const FLICK = 0.35
/** Without a flick, this share of the way decides. */
const ENOUGH = 0.4

/** Whether a drag that was let go goes on to its end (in its direction) or back. Pure. */
export function goesOn(dx: number, velocity: number, direction: 1 | -1, width: number): boolean {
  const along = velocity * direction
  if (Math.abs(along) >= FLICK) return along > 0
  return dx * direction > width * ENOUGH
}

/** What a finger may want to do there itself. */
function isTaken(target: EventTarget | null, within: HTMLElement): boolean {
  if (!(target instanceof Element)) return true
  if (target.closest('input, textarea, select, [role="slider"], [role="separator"], [data-no-swipe]')) return true
  for (let at: Element | null = target; at && at !== within; at = at.parentElement)
    if (at.scrollWidth > at.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(at).overflowX)) return true
  return false
}

/**
 * Follows a finger that goes sideways over an element (which needs `touch-action: pan-y`). `begin` says what such a drag moves, if
 * anything; it is asked once the direction is known.
 */
export function useSwipe(
  element: Ref<HTMLElement | null | undefined>,
  begin: (direction: 1 | -1) => Drag | undefined,
): void {
  let start: { id: number; x: number; y: number } | undefined
  let drag: Drag | undefined
  let trail: { x: number; at: number }[] = []

  const forget = () => {
    start = drag = undefined
    trail = []
  }
  function velocity(): number {
    const [first, last] = [trail[0], trail.at(-1)]
    return first && last && last.at > first.at ? (last.x - first.x) / (last.at - first.at) : 0
  }

  useEventListener(element, 'pointerdown', (event: PointerEvent) => {
    if (event.pointerType === 'mouse' || !event.isPrimary || !element.value || isTaken(event.target, element.value))
      return
    start = { id: event.pointerId, x: event.clientX, y: event.clientY }
  })
  useEventListener(element, 'pointermove', (event: PointerEvent) => {
    if (!start || event.pointerId !== start.id) return
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y]
    if (!drag) {
      if (Math.hypot(dx, dy) < SLOP_PX) return
      drag = Math.abs(dx) > Math.abs(dy) * SIDEWAYS ? begin(dx > 0 ? 1 : -1) : undefined
      if (!drag) return forget()
      element.value?.setPointerCapture(event.pointerId)
    }
    trail = [...trail.filter(({ at }) => event.timeStamp - at < RECENT_MS), { x: event.clientX, at: event.timeStamp }]
    drag.move(dx)
  })
  const finish = (event: PointerEvent, cancelled: boolean) => {
    if (!start || event.pointerId !== start.id) return
    const [ended, dx, speed] = [drag, event.clientX - start.x, velocity()]
    forget()
    ended?.end(cancelled ? 0 : dx, cancelled ? 0 : speed)
  }
  useEventListener(element, 'pointerup', (event: PointerEvent) => finish(event, false))
  useEventListener(element, 'pointercancel', (event: PointerEvent) => finish(event, true))
}
