import { expect, test } from 'vitest'
import { hear, SILENCE } from './speaking.js'

test('a voice is detected at once, and a pause between words does not end it', () => {
  const first = hear(SILENCE, 0.2, 1_000)
  expect(first.speaking).toBe(true)
  expect(hear(first, 0, 1_400).speaking).toBe(true)
  expect(hear(first, 0, 1_600).speaking).toBe(false)
  expect(hear(hear(first, 0, 1_600), 0.05, 1_700).speaking).toBe(true)
})

test('background noise is not detected as a voice, and changes nothing', () => {
  expect(hear(SILENCE, 0.003, 1_000)).toBe(SILENCE)
})
