import type { Picture } from './frames.js'

/** Draws what is behind the person, over all of the canvas. */
export type Backdrop = (context: CanvasRenderingContext2D, picture: Picture) => void

/** Largest side of the picture that the segmenter gets, in px: its model works at this size. */
const LOOK = 256

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser cannot draw')
  return context
}

function resize(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
}

/** Puts the person in front of a backdrop. */
export class Painter {
  readonly canvas = document.createElement('canvas')
  readonly #context = contextOf(this.canvas)
  readonly #look = document.createElement('canvas')
  readonly #lookContext = contextOf(this.#look)

  /** A small copy for the segmenter. */
  look(picture: Picture): HTMLCanvasElement {
    const scale = Math.min(1, LOOK / Math.max(picture.width, picture.height))
    resize(this.#look, Math.round(picture.width * scale), Math.round(picture.height * scale))
    this.#lookContext.drawImage(picture.image, 0, 0, this.#look.width, this.#look.height)
    return this.#look
  }

  /** The mask is stretched: its edge becomes soft. */
  paint(picture: Picture, mask: CanvasImageSource, backdrop: Backdrop): void {
    const { width, height } = picture
    const context = this.#context
    resize(this.canvas, width, height)
    context.globalCompositeOperation = 'copy'
    context.drawImage(mask, 0, 0, width, height)
    context.globalCompositeOperation = 'source-in'
    context.drawImage(picture.image, 0, 0, width, height)
    context.globalCompositeOperation = 'destination-over'
    backdrop(context, picture)
  }
}

/** Width of what is left of the room, in pixels: a face or a page can be recognised in neither. */
const LEFT = { slight: 28, strong: 14 } as const

/** Smaller copies are stretched again: as smooth as a filter, in every browser, at a tenth of its work. */
export function blurred(strength: keyof typeof LEFT): Backdrop {
  const [half, whole] = [contextOf(document.createElement('canvas')), contextOf(document.createElement('canvas'))]
  return (context, { image, width, height }) => {
    const [w, h] = [LEFT[strength], Math.max(1, Math.round((LEFT[strength] * height) / width))]
    shrink(half, image, w * 4, h * 4)
    shrink(whole, half.canvas, w, h)
    context.imageSmoothingQuality = 'high'
    context.drawImage(whole.canvas, 0, 0, width, height)
  }
}

function shrink(context: CanvasRenderingContext2D, image: CanvasImageSource, width: number, height: number): void {
  resize(context.canvas, width, height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(image, 0, 0, width, height)
}

/** A picture that covers everything, cut where its sides have another ratio. */
export const pictureBehind =
  (picture: ImageBitmap): Backdrop =>
  (context, { width, height }) => {
    const scale = Math.max(width / picture.width, height / picture.height)
    const [w, h] = [picture.width * scale, picture.height * scale]
    context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h)
  }
