import type { Background } from '../choice.js'
import { ownPicture } from './own-pictures.js'
import { type Backdrop, blurred, pictureBehind } from './painter.js'
import { SHIPPED } from './shipped-pictures.js'

/** Errors: the picture is gone, or cannot be loaded. */
export async function backdropOf(background: Exclude<Background, 'none'>): Promise<Backdrop> {
  if (background === 'blur') return blurred('slight')
  if (background === 'blur-strong') return blurred('strong')
  const [kind, name = ''] = background.split(':')
  return pictureBehind(await (kind === 'own' ? own(name) : shipped(name)))
}

async function own(id: string): Promise<ImageBitmap> {
  const blob = await ownPicture(id)
  if (!blob) throw new Error('the background is gone')
  return createImageBitmap(blob)
}

/** A drawing of lines is drawn once: each picture of the camera would draw it again. */
async function shipped(name: string): Promise<ImageBitmap> {
  const url = SHIPPED[name]
  if (!url) throw new Error('no such background')
  const image = new Image()
  image.src = url
  await image.decode()
  return createImageBitmap(image)
}
