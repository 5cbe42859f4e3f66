import { useEventListener } from '@vueuse/core'
import type { Ref } from 'vue'

/** A horizontal drag by a finger or a pen. `dx` in px from its start, `velocity` in px/ms. */
export interface Drag {
  move(dx: number): void
  end(dx: number, velocity: number): void
}

/** Shorter movements are a shaky tap. */
const SLOP_PX = 10
/** Required ratio of horizontal to vertical movement, to tell it from a scroll. */
const SIDEWAYS = 1.2
/** The speed is measured over the last moment, not over the whole drag. */
const RECENT_MS = 100
/** A flick at this speed decides at any distance. */
const FLICK = 0.35
/** Without a flick, a drag beyond this share of the width completes. */
const ENOUGH = 0.4

/** Whether a released drag completes (in its direction) or reverts. Pure. */
export function goesOn(dx: number, velocity: number, direction: 1 | -1, width: number): boolean {
  const along = velocity * direction
  if (Math.abs(along) >= FLICK) return along > 0
  return dx * direction > width * ENOUGH
}

/** Elements where a finger has another meaning. */
function isTaken(target: EventTarget | null, within: HTMLElement): boolean {
  if (!(target instanceof Element)) return true
  if (target.closest('input, textarea, select, [role="slider"], [role="separator"], [data-no-swipe]')) return true
  for (let at: Element | null = target; at && at !== within; at = at.parentElement)
    if (at.scrollWidth > at.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(at).overflowX)) return true
  return false
}

/**
 * Follows a horizontal swipe over an element (which needs `touch-action: pan-y`). `begin` returns what the swipe moves, if
 * anything; it is called once the direction is known.
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
