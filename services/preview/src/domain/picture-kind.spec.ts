import sharp from 'sharp'
import { expect, test } from 'vitest'
import { pictureKind } from './picture-kind.js'

const drawn = () => sharp({ create: { width: 8, height: 8, channels: 3, background: '#c00' } })

test.each(['jpeg', 'png', 'gif', 'webp', 'avif'] as const)('%s is a picture', async (kind) =>
  expect(pictureKind(await drawn().toFormat(kind).toBuffer())).toBe(kind),
)

test.each(['<svg xmlns="http://www.w3.org/2000/svg"/>', '%PDF-1.7', '<?xml version="1.0"?><svg/>', ''])(
  '%s is none',
  (text) => expect(pictureKind(Buffer.from(text))).toBeUndefined(),
)
