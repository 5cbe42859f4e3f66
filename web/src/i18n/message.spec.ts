import { expect, test } from 'vitest'
import { formFor, say } from './message.js'

test.each([
  ['ru', 1, 0],
  ['ru', 2, 1],
  ['ru', 5, 2],
  ['ru', 11, 2],
  ['ru', 21, 0],
  ['ru', 22, 1],
  ['ru', 100, 2],
])('of three forms in %s, %i takes form %i', (locale, count, form) => expect(formFor(count, 3, locale)).toBe(form))

test.each([
  ['en', 0, 2, 1],
  ['en', 1, 2, 0],
  ['en', 2, 2, 1],
  ['en', 0, 3, 0],
  ['en', 1, 3, 1],
  ['en', 7, 3, 2],
  ['ru', 0, 4, 0],
  ['ru', 1, 4, 1],
  ['ru', 3, 4, 2],
])('in %s, %i of %i forms takes form %i', (locale, count, choices, form) =>
  expect(formFor(count, choices, locale)).toBe(form),
)

test('placeholders are filled, with numbers in the notation of the language', () => {
  expect(say('{name} wrote {n} message | {name} wrote {n} messages', 'en', { name: 'Ann', n: 12_345 })).toBe(
    'Ann wrote 12,345 messages',
  )
  expect(say('{n} сообщение | {n} сообщения | {n} сообщений', 'ru', { n: 1_022 })).toBe('1\u00A0022 сообщения')
})

test('a placeholder without a value stays visible', () => expect(say('Hello {name}', 'en')).toBe('Hello {name}'))

test('braces in a value are not a placeholder', () => expect(say('{a} {b}', 'en', { a: '{b}', b: 'x' })).toBe('{b} x'))

test('the form is chosen by the count, not by the shown value', () =>
  expect(say('used {uses} times | used {uses} time | used {uses} times', 'en', { uses: 1 }, 1)).toBe('used 1 time'))

test('a name from right to left runs in its own direction and leaves the sentence where it is', () => {
  expect(say('{name} added {other}', 'en', { name: 'דנה (admin)', other: 'Anna' })).toBe(
    '\u2068דנה (admin)\u2069 added Anna',
  )
})
