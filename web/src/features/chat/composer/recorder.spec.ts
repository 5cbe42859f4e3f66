import { expect, test } from 'vitest'
import { toWaveform } from './recorder.js'

test('a waveform has a limited number of bars, the loudest of each part, scaled to the loudest of all', () => {
  expect(toWaveform([0.1, 0.2, 0.4, 0.1], 2)).toEqual([128, 255])
  expect(toWaveform([0.5, 0.25], 64)).toEqual([255, 128])
  expect(toWaveform([], 64)).toEqual([])
  expect(toWaveform(Array.from({ length: 1000 }, () => 0.3))).toHaveLength(64)
})

test('silence is silence', () => expect(toWaveform([0, 0, 0])).toEqual([0, 0, 0]))
