/** How a picture lies on the screen: its scale, and how far its middle is from that of the screen, in px. */
export interface View {
  readonly scale: number
  readonly x: number
  readonly y: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** Whole, in the middle. */
export const FITTED: View = { scale: 1, x: 0, y: 0 }
/** Of a picture that fills the screen; one that is larger is shown at its own size at least. */
const MOST = 6
/** Of a click, or two taps. */
export const CLOSER = 2.5

export interface Stage {
  /** The picture as it lies when it is fitted. */
  readonly picture: Size
  readonly screen: Size
  /** Pixels of the picture for one of the screen when it is fitted. */
  readonly detail: number
}

const within = (value: number, most: number): number => Math.max(-most, Math.min(most, value))

/** No edge of the picture comes into the screen while there is more of it beyond the opposite one. */
export function kept({ scale, x, y }: View, { picture, screen }: Stage): View {
  const beyond = (size: number, room: number) => Math.max(0, (size * scale - room) / 2)
  return {
    scale,
    x: within(x, beyond(picture.width, screen.width)),
    y: within(y, beyond(picture.height, screen.height)),
  }
}

/** Zooms by a factor; what is at `point`, measured from the middle of the screen, stays there. */
export function zoomed(
  view: View,
  factor: number,
  point: { readonly x: number; readonly y: number },
  stage: Stage,
): View {
  const scale = Math.max(1, Math.min(Math.max(MOST, stage.detail), view.scale * factor))
  if (scale === 1) return FITTED
  const by = scale / view.scale
  return kept({ scale, x: point.x - (point.x - view.x) * by, y: point.y - (point.y - view.y) * by }, stage)
}

export const moved = (view: View, dx: number, dy: number, stage: Stage): View =>
  kept({ ...view, x: view.x + dx, y: view.y + dy }, stage)
