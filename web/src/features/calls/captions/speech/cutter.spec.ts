import { SPEECH_RATE } from '@beseda/client-protocol/speech'
import { expect, test } from 'vitest'
import { Cutter } from './cutter.js'

/** Seconds of a voice (modulated, as syllables are) or of a room, at a level in dBFS. */
const sound = (seconds: number, db: number, syllables = 4): Float32Array =>
  Float32Array.from({ length: Math.round(seconds * SPEECH_RATE) }, (_, i) => {
    const t = i / SPEECH_RATE
    const loud = syllables === 0 ? 1 : 0.3 + Math.abs(Math.sin(Math.PI * syllables * t))
    return 10 ** (db / 20) * loud * Math.SQRT2 * Math.sin(2 * Math.PI * 220 * t + 7 * Math.sin(97 * t))
  })
const room = (seconds: number, db = -70) => sound(seconds, db, 0)

/** Lengths of the pieces, in seconds. */
function pieces(...all: Float32Array[]): number[] {
  const lengths: number[] = []
  const cutter = new Cutter(({ length }) => lengths.push(length / SPEECH_RATE))
  for (const one of all) for (let at = 0; at < one.length; at += 300) cutter.push(one.subarray(at, at + 300))
  return lengths
}

test('silence has no pieces: neither digital silence, nor a room, nor a loud fan', () => {
  expect(pieces(new Float32Array(10 * SPEECH_RATE))).toEqual([])
  expect(pieces(room(10))).toEqual([])
  expect(pieces(room(20, -40))).toEqual([])
})

test('a sentence is one piece, with what was before its first sound', () => {
  const [length = 0, ...more] = pieces(room(2), sound(3, -25), room(2))
  expect(more).toEqual([])
  expect(length).toBeGreaterThan(3.2)
  expect(length).toBeLessThan(4)
})

test('a breath ends a piece of two seconds; a short word waits for a longer pause', () => {
  expect(pieces(room(2), sound(2.5, -25), room(0.6), sound(2.5, -25), room(2))).toHaveLength(2)
  expect(pieces(room(2), sound(0.5, -25), room(0.6), sound(0.5, -25), room(2))).toHaveLength(1)
})

test('who does not breathe is cut where they are softest, and nothing is lost', () => {
  const [first = 0, ...rest] = pieces(room(2), sound(5.6, -25), sound(0.2, -45), sound(6, -25), room(2))
  expect(first).toBeGreaterThan(5.6)
  expect(first).toBeLessThan(6.3)
  const all = [first, ...rest]
  expect(Math.max(...all)).toBeLessThanOrEqual(7)
  expect(all.reduce((sum, one) => sum + one)).toBeGreaterThan(11.8)
})

test('a click is no speech', () => {
  expect(pieces(room(2), sound(0.03, -10), room(3))).toEqual([])
})
