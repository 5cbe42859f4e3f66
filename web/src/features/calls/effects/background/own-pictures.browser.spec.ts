import { beforeEach, expect, test } from 'vitest'
import { forgetBackgrounds } from '../../../auth/own-backgrounds.js'
import { addPicture, ownPicture, ownPictures, removePicture } from './own-pictures.js'

/** Pictures that the browser keeps, in a real IndexedDB. */
beforeEach(async () => {
  for (const { id } of await ownPictures()) await removePicture(id)
})

async function photo(width: number, height: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d')?.fillRect(0, 0, width, height)
  return canvas.convertToBlob()
}
const sizeOf = async (blob: Blob | undefined) => {
  const { width, height } = await createImageBitmap(blob as Blob)
  return [width, height]
}

test('a large picture is kept at the size that a call sends, a small one as it is', async () => {
  const large = await addPicture(await photo(4_000, 3_000))
  const small = await addPicture(await photo(320, 180))
  expect([await sizeOf(await ownPicture(large.id)), await sizeOf(await ownPicture(small.id))]).toEqual([
    [1_280, 960],
    [320, 180],
  ])
  expect((await ownPictures()).map(({ id }) => id)).toEqual([large.id, small.id])
  await removePicture(large.id)
  expect(await ownPicture(large.id)).toBeUndefined()
})

test('a file that is no picture is refused, and nothing is kept', async () => {
  await expect(addPicture(new Blob(['<html>']))).rejects.toThrow()
  expect(await ownPictures()).toEqual([])
})

test('whoever signs out leaves no picture, and the next one may add theirs', async () => {
  await addPicture(await photo(320, 180))
  forgetBackgrounds()
  await expect.poll(() => ownPictures()).toEqual([])
  await addPicture(await photo(320, 180))
  expect((await ownPictures()).length).toBe(1)
})
