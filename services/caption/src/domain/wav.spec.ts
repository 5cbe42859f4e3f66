import { expect, test } from 'vitest'
import { wavOf } from './wav.js'

test('a file with one second of sound says so', () => {
  const file = Buffer.from(wavOf(new Int16Array(16_000).fill(-7)))
  expect(file.toString('latin1', 0, 4) + file.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ')
  expect(file.readUInt32LE(4)).toBe(file.length - 8)
  expect([file.readUInt16LE(20), file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)]).toEqual([
    1, 1, 16_000, 16,
  ])
  const [size, bytesASecond] = [file.readUInt32LE(40), file.readUInt32LE(28)]
  expect(size / bytesASecond).toBe(1)
  expect(file.readInt16LE(44) === -7 && file.readInt16LE(file.length - 2) === -7).toBe(true)
})
