interface Size {
  readonly width: number
  readonly height: number
}
interface Box extends Size {
  readonly left: number
  readonly top: number
}

const GAP = 6
const EDGE = 8

/** Position of a tooltip: centred below its target, above it where there is no room, always inside the window. In px. */
export function placeTip(target: Box, bubble: Size, window: Size): { left: number; top: number } {
  const under = target.top + target.height + GAP
  const fits = under + bubble.height + EDGE <= window.height
  const centred = target.left + (target.width - bubble.width) / 2
  const last = Math.max(EDGE, window.width - bubble.width - EDGE)
  return {
    left: Math.round(Math.min(Math.max(EDGE, centred), last)),
    top: Math.round(fits ? under : Math.max(EDGE, target.top - GAP - bubble.height)),
  }
}
