import { useEventListener } from '@vueuse/core'
import { computed, type Ref, shallowReactive, shallowRef } from 'vue'
import { CLOSER, FITTED, moved, type Stage, type View, zoomed } from './zoom.js'

/** Two taps within this time and distance are one gesture. */
const DOUBLE_MS = 300
const DOUBLE_PX = 30
/** A shorter way is a tap or a click. */
const SLOP_PX = 8
/** A notch of a wheel is 100 px: a sixth. */
const WHEEL = 0.0015

interface Point {
  readonly x: number
  readonly y: number
}

/** Zooms a picture by wheel, pinch, click, two taps and keys, and moves it while it is larger than the screen. */
export function useZoom(
  screen: Ref<HTMLElement | null | undefined>,
  picture: () => HTMLImageElement | null | undefined,
) {
  const view = shallowRef<View>(FITTED)
  const fingers = shallowReactive(new Map<number, Point>())
  let travelled = 0
  /** The last press was on the picture: its click is sent to the screen, which has captured the pointer. */
  let isHit = false
  let lastTap: (Point & { readonly at: number }) | undefined

  function stage(): Stage {
    const [box, image] = [screen.value, picture()]
    const size = { width: image?.clientWidth ?? 0, height: image?.clientHeight ?? 0 }
    const detail = image && size.width > 0 ? image.naturalWidth / size.width : 1
    return { picture: size, screen: { width: box?.clientWidth ?? 0, height: box?.clientHeight ?? 0 }, detail }
  }
  /** From the middle of the screen. */
  function fromMiddle({ x, y }: Point): Point {
    const box = screen.value?.getBoundingClientRect()
    return box ? { x: x - box.left - box.width / 2, y: y - box.top - box.height / 2 } : { x: 0, y: 0 }
  }
  const MIDDLE: Point = { x: 0, y: 0 }
  const by = (factor: number, point: Point = MIDDLE): void => {
    view.value = zoomed(view.value, factor, point, stage())
  }
  const fit = (): void => {
    view.value = FITTED
  }
  /** Closer at a point of the window, or whole again. */
  const toggle = (at: Point): void => (view.value.scale > 1 ? fit() : by(CLOSER, fromMiddle(at)))

  useEventListener(
    screen,
    'wheel',
    (event: WheelEvent) => {
      if (!picture()) return
      event.preventDefault()
      by(Math.exp(-event.deltaY * WHEEL * (event.ctrlKey ? 5 : 1)), fromMiddle({ x: event.clientX, y: event.clientY }))
    },
    { passive: false },
  )
  useEventListener(screen, 'pointerdown', (event: PointerEvent) => {
    isHit = event.target === picture()
    if (!isHit) return
    if (fingers.size === 0) travelled = 0
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    screen.value?.setPointerCapture(event.pointerId)
  })
  useEventListener(screen, 'pointermove', (event: PointerEvent) => {
    const before = fingers.get(event.pointerId)
    if (!before) return
    const now = { x: event.clientX, y: event.clientY }
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
    fingers.set(event.pointerId, now)
    travelled += Math.hypot(now.x - before.x, now.y - before.y)
    if (!other) {
      if (view.value.scale > 1) view.value = moved(view.value, now.x - before.x, now.y - before.y, stage())
      return
    }
    const apart = (one: Point) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y))
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 }
    by(apart(now) / apart(before), fromMiddle(middle))
    view.value = moved(view.value, (now.x - before.x) / 2, (now.y - before.y) / 2, stage())
  })
  useEventListener(screen, ['pointerup', 'pointercancel'], (event: PointerEvent) => {
    if (!fingers.delete(event.pointerId) || event.type === 'pointercancel') return
    if (fingers.size > 0 || travelled > SLOP_PX || event.button > 0) return
    const tap = { x: event.clientX, y: event.clientY, at: event.timeStamp }
    const isSecond =
      lastTap && tap.at - lastTap.at < DOUBLE_MS && Math.hypot(tap.x - lastTap.x, tap.y - lastTap.y) < DOUBLE_PX
    lastTap = isSecond ? undefined : tap
    if (event.pointerType === 'mouse' || isSecond) toggle(tap)
  })

  const isLarge = computed(() => view.value.scale > 1)
  /** One finger may do something else with it. */
  const isFree = computed(() => !isLarge.value && fingers.size < 2)
  const style = computed(() => {
    const { scale, x, y } = view.value
    return { transform: `translate(${x}px, ${y}px) scale(${scale})` }
  })
  const isMissed = (): boolean => !isHit
  return { style, isLarge, isFree, isMissed, by, fit }
}
