/** Which square of a picture is shown. Pure. */
export interface View {
  /** 1: the largest square. */
  readonly zoom: number
  /** The middle, as shares of the width and the height. */
  readonly x: number
  readonly y: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

export const MIDDLE: View = { zoom: 1, x: 0.5, y: 0.5 }
/** Closer, a picture of a telephone is a few blurred pixels. */
export const MOST_ZOOM = 5

const between = (least: number, value: number, most: number) => Math.min(most, Math.max(least, value))

/** The square in pixels of the picture. */
export function partOf({ zoom, x, y }: View, { width, height }: Size): { x: number; y: number; side: number } {
  const side = Math.min(width, height) / zoom
  return { x: x * width - side / 2, y: y * height - side / 2, side }
}

/** The nearest view that lies inside the picture. */
export function inside({ zoom, x, y }: View, size: Size): View {
  const near = between(1, zoom, MOST_ZOOM)
  const half = Math.min(size.width, size.height) / near / 2
  const within = (share: number, length: number) => between(half / length, share, 1 - half / length)
  return { zoom: near, x: within(x, size.width), y: within(y, size.height) }
}

/** Moved by shares of the square: the picture follows a finger, or the square an arrow key. */
export function movedBy(view: View, dx: number, dy: number, size: Size): View {
  const { side } = partOf(view, size)
  return inside({ ...view, x: view.x + (dx * side) / size.width, y: view.y + (dy * side) / size.height }, size)
}
