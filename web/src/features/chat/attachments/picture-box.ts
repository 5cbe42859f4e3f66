import type { Attachment } from '@beseda/proto/group/v1/events'

type Picture = Pick<Attachment, 'contentType' | 'size' | 'width' | 'height' | 'moves'>

/** Most of a picture in CSS pixels: alone, and one of several. */
const ALONE = { width: 400, height: 320 }
const ONE_OF_MANY = { width: 180, height: 180 }
/** A finger and an eye need as much, however wide or tall the picture is. */
const LEAST = 48
/** Kinds that may move; a thumbnail stands still. */
const MAY_MOVE = new Set(['image/gif', 'image/apng', 'image/webp', 'image/avif'])
/** Of these, those that a sender chooses because they move: of others the server tells, since it looks for that. */
const ANIMATIONS = new Set(['image/gif', 'image/apng'])
/** Bytes of a GIF that a conversation loads to show it moving, and of other pictures, which mostly do not move. */
const MOST_GIF = 8 * 1024 * 1024
const MOST_OTHER = 2 * 1024 * 1024

/** The place of a picture: its own proportions, but neither side below what can be seen and pressed. */
export function pictureBox(
  { width, height }: Picture,
  small: boolean,
): { readonly width: number; readonly height: number } {
  const most = small ? ONE_OF_MANY : ALONE
  const [ownWidth, ownHeight] = [width || most.width, height || (most.width * 3) / 4]
  const scale = Math.min(1, most.width / ownWidth, most.height / ownHeight)
  return {
    width: Math.max(LEAST, Math.round(ownWidth * scale)),
    height: Math.max(LEAST, Math.round(ownHeight * scale)),
  }
}

/** So wide or so tall that its place shows a part of it. */
export const isStrip = ({ width, height }: Picture): boolean =>
  width > 0 && height > 0 && Math.max(width / height, height / width) > ALONE.height / LEAST

/** Whether the picture itself is shown in place of its thumbnail: it may move, or its thumbnail is a line of a few pixels. */
export function showsWhole(picture: Picture, stillOnly: boolean): boolean {
  const size = Number(picture.size)
  if (isStrip(picture)) return size <= MOST_OTHER
  if (stillOnly || !MAY_MOVE.has(picture.contentType)) return false
  return size <= (picture.contentType === 'image/gif' ? MOST_GIF : MOST_OTHER)
}

/** An animation of which only a still picture is shown: the reader may start it. */
export const standsStill = (picture: Picture, stillOnly: boolean): boolean =>
  (picture.moves || ANIMATIONS.has(picture.contentType)) && !showsWhole(picture, stillOnly)
