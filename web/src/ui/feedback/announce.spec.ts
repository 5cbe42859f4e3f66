import { expect, test } from 'vitest'
import { announce, announcement } from './announce.js'

test('the same text twice is two announcements', () => {
  announce('Anna: hello')
  const first = announcement.value
  announce('Anna: hello')
  expect(announcement.value.text).toBe(first.text)
  expect(announcement.value.turn % 2).not.toBe(first.turn % 2)
})

test('an urgent announcement is marked', () => {
  announce('Microphone off', { urgent: true })
  expect(announcement.value.urgent).toBe(true)
})
