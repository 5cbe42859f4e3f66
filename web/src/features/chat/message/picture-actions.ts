import { fetchFile, saveBlob } from '../../../net/files.js'

/** A picture of a message: the file itself, not the small one that is shown. */
export interface PressedPicture {
  readonly fileId: string
  readonly name: string
}

export const savePicture = async ({ fileId, name }: PressedPicture): Promise<void> =>
  saveBlob(await fetchFile(fileId), name)

/**
 * Puts a picture on the clipboard: as PNG, the only kind that every browser takes. It is handed over before it is there, because Safari
 * grants the clipboard only at once. Errors: the browser's own.
 */
export const copyPicture = ({ fileId }: PressedPicture): Promise<void> =>
  navigator.clipboard.write([new ClipboardItem({ 'image/png': asPng(fileId) })])

async function asPng(fileId: string): Promise<Blob> {
  const picture = await createImageBitmap(await fetchFile(fileId))
  const canvas = new OffscreenCanvas(picture.width, picture.height)
  canvas.getContext('2d')?.drawImage(picture, 0, 0)
  picture.close()
  return canvas.convertToBlob({ type: 'image/png' })
}
