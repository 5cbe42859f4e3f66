import sharp from 'sharp'
import { expect, test } from 'vitest'
import { moves } from './moving-picture.js'

const frames = (pages: number) => {
  const side = 8
  const raw = { width: side, height: side * pages, channels: 3 as const, pageHeight: side }
  const pixels = Buffer.from(Uint8Array.from({ length: side * side * 3 * pages }, (_, i) => (i * 37) % 251))
  return sharp(pixels, { raw })
}

test('a WebP of several frames moves, one of one frame does not', async () => {
  expect(
    moves(
      await frames(3)
        .webp({ delay: [50, 50, 50] })
        .toBuffer(),
      'image/webp',
    ),
  ).toBe(true)
  expect(moves(await frames(1).webp().toBuffer(), 'image/webp')).toBe(false)
  // With transparency it has the chunk of the flag, but not the flag.
  expect(moves(await frames(1).ensureAlpha(0.5).webp().toBuffer(), 'image/webp')).toBe(false)
})

/** A box `ftyp` with these brands. */
const avif = (...brands: string[]) => {
  const bytes = new TextEncoder().encode(`....ftyp${brands[0]}....${brands.slice(1).join('')}and what follows avis`)
  new DataView(bytes.buffer).setUint32(0, 16 + 4 * (brands.length - 1))
  return bytes
}

test('an AVIF with the brand of sequences moves', async () => {
  expect(moves(avif('avis', 'avif', 'mif1'), 'image/avif')).toBe(true)
  expect(moves(avif('avif', 'mif1', 'avis'), 'image/avif')).toBe(true)
  expect(moves(avif('avif', 'mif1', 'miaf'), 'image/avif')).toBe(false)
  expect(moves(await frames(1).avif().toBuffer(), 'image/avif')).toBe(false)
})

test('GIF and APNG are chosen because they move; other kinds, and what is cut short, do not move', () => {
  const nothing = new Uint8Array()
  expect(['image/gif', 'image/apng'].map((type) => moves(nothing, type))).toEqual([true, true])
  for (const type of ['image/png', 'image/jpeg', 'image/webp', 'text/plain']) expect(moves(nothing, type)).toBe(false)
  for (let length = 0; length < 24; length++) expect(moves(avif('avif').subarray(0, length), 'image/avif')).toBe(false)
})
