import { expect, test } from 'vitest'
import { directionOf, isolated } from './direction.js'

test.each([
  ['שלום, world', 'rtl'],
  ['1. (مرحبا) test', 'rtl'],
  ['hello שלום', 'ltr'],
  ['Привет', 'ltr'],
  ['123 :)', undefined],
])('"%s" runs %s', (text, direction) => expect(directionOf(text)).toBe(direction))

test('only a text with letters from right to left is isolated', () => {
  expect(isolated('Anna')).toBe('Anna')
  expect(isolated('דנה (admin)')).toBe('\u2068דנה (admin)\u2069')
})
