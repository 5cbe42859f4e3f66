import { expect, test } from 'vitest'
import { Resampler } from './resampler.js'

const tone = (rate: number, hertz: number, seconds = 1) =>
  Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate))
const crossings = (samples: readonly number[]) =>
  samples.filter((sample, i) => sample >= 0 && (samples[i - 1] ?? 0) < 0).length

test.each([48_000, 44_100, 16_000, 8_000])('a second at %d Hz is a second at 16,000 Hz, of the same pitch', (rate) => {
  const resampler = new Resampler(rate, 16_000)
  const whole = tone(rate, 440)
  const made: number[] = []
  // In pieces of no particular size, as a device gives them.
  for (let at = 0; at < whole.length; at += 128) made.push(...resampler.push(whole.subarray(at, at + 128)))
  expect(Math.abs(made.length - 16_000)).toBeLessThanOrEqual(2)
  expect(Math.abs(crossings(made) - 440)).toBeLessThanOrEqual(2)
  expect(Math.max(...made)).toBeGreaterThan(0.95)
})
