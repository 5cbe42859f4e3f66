import { expect, test } from 'vitest'
import { clientFrame, FrameReader } from './frames.mjs'

const server = (payload: Buffer): Buffer => {
  const { length } = payload
  const head =
    length < 126 ? [0x82, length] : length < 65_536 ? [0x82, 126, length >> 8, length & 255] : [0x82, 127, 0, 0, 0, 0]
  const long = Buffer.alloc(length < 65_536 ? 0 : 4)
  if (long.length > 0) long.writeUInt32BE(length)
  return Buffer.concat([Buffer.from(head), long, payload])
}

test.each([1, 7, 1_000])('frames of all lengths are found in chunks of %i', (chunk) => {
  const sent = [0, 1, 125, 126, 200, 65_535, 65_536].map((length) => Buffer.alloc(length, length % 251))
  const bytes = Buffer.concat(sent.map(server))
  const reader = new FrameReader()
  const seen: Buffer[] = []
  for (let at = 0; at < bytes.length; at += chunk) {
    reader.read(bytes.subarray(at, at + chunk), (opcode, payload) => {
      expect(opcode).toBe(2)
      seen.push(Buffer.from(payload))
    })
  }
  expect(seen.map(({ length }) => length)).toEqual(sent.map(({ length }) => length))
  expect(Buffer.concat(seen).equals(Buffer.concat(sent))).toBe(true)
})

test('a client masks, with a mask that changes nothing', () => {
  const frame = clientFrame(Buffer.from('abc'), 2)
  expect([...frame]).toEqual([0x82, 0x83, 0, 0, 0, 0, 97, 98, 99])
  expect(clientFrame(Buffer.alloc(300), 2).subarray(0, 4)).toEqual(Buffer.from([0x82, 0xfe, 1, 44]))
})
