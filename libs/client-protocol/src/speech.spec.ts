import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MOST_SPEECH_BYTES, packSpeech, SPEECH_RATE, unpackSpeech } from './speech.js'

const power = (samples: readonly number[]) => samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length

test('a voice comes back with noise at least 20 dB below it, in a quarter of the size', () => {
  const voice = Int16Array.from({ length: SPEECH_RATE }, (_, i) => {
    const t = i / SPEECH_RATE
    const loudness = 6_000 * Math.abs(Math.sin(Math.PI * 3 * t))
    return loudness * (Math.sin(2 * Math.PI * 180 * t) + 0.4 * Math.sin(2 * Math.PI * 1_100 * t))
  })
  const packed = packSpeech(voice)
  expect(packed.length * 4).toBe(voice.byteLength)
  const back = unpackSpeech(packed)
  const noise = Array.from(voice, (sample, i) => sample - (back[i] ?? 0))
  expect(10 * Math.log10(power([...voice]) / power(noise))).toBeGreaterThan(20)
})

test('any bytes are sound, twice as many samples', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(unpackSpeech(bytes)).toHaveLength(bytes.length * 2)
    }),
  )
})

test('silence stays silence', () => {
  expect(unpackSpeech(packSpeech(new Int16Array(1_000))).every((sample) => Math.abs(sample) < 8)).toBe(true)
  expect(MOST_SPEECH_BYTES * 2).toBeGreaterThan(7 * SPEECH_RATE)
})
