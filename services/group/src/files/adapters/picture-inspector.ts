import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { FilePurpose } from '@beseda/proto/group/v1/group_service'
import { fileTypeFromBuffer } from 'file-type'
import sharp from 'sharp'
import { FileInspector, type Inspection } from '../application/ports.js'
import { moves } from '../domain/moving-picture.js'

/** Most pixels of a picture that is decoded: 40 megapixels take 160 MB of memory. A larger picture is treated like any other file. */
const MAX_PIXELS = 40_000_000
/** Longest side of a thumbnail: a conversation shows pictures at most 400 px wide, twice that on dense screens. */
const THUMBNAIL_PX = 800
const AVATAR_PX = 256
/** Kinds that browsers show and sharp reads. SVG is not among them: it can hold scripts. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/apng', 'image/gif', 'image/avif'])
/** Bytes that are looked at to decide whether a file without a signature is text. */
const SAMPLE_BYTES = 4096

/** Knows the kind of a file by its content, never by its name, and makes thumbnails of pictures. */
export class PictureInspector extends FileInspector {
  async inspect(bytes: Uint8Array, isWhole: boolean, purpose: FilePurpose): Promise<Inspection> {
    const found = await fileTypeFromBuffer(bytes)
    const contentType = found?.mime ?? (isText(bytes) ? 'text/plain' : 'application/octet-stream')
    const isAvatar = purpose === FilePurpose.AVATAR
    const picture = isWhole && PICTURES.has(contentType) ? await thumbnail(bytes, isAvatar) : undefined
    if (isAvatar && !picture) throw new Refusal(ErrorReason.BAD_FILE)
    if (picture) return { contentType, ...picture, moves: moves(bytes, contentType) }
    return { contentType: inert(contentType), width: 0, height: 0, thumbnail: undefined, moves: false }
  }
}

/** A picture that cannot be decoded, or is too large for it, is kept as a file that no browser tries to show. */
const inert = (contentType: string): string => (PICTURES.has(contentType) ? 'application/octet-stream' : contentType)

async function thumbnail(bytes: Uint8Array, isAvatar: boolean) {
  try {
    const image = sharp(bytes, { limitInputPixels: MAX_PIXELS }).rotate()
    const { width, height, orientation = 1 } = await image.metadata()
    const size = isAvatar ? AVATAR_PX : THUMBNAIL_PX
    const fitted = image.resize(size, size, { fit: isAvatar ? 'cover' : 'inside', withoutEnlargement: !isAvatar })
    const [shownWidth, shownHeight] = orientation >= 5 ? [height, width] : [width, height]
    return { width: shownWidth, height: shownHeight, thumbnail: await fitted.webp({ quality: 80 }).toBuffer() }
  } catch {
    // Not a picture that can be decoded: the file is sent without a thumbnail.
    return undefined
  }
}

function isText(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, SAMPLE_BYTES)
  if (sample.includes(0)) return false
  try {
    // A sample may end within a character, which `stream` allows.
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true })
    return true
  } catch {
    // Not UTF-8.
    return false
  }
}
