import { expect, test } from 'vitest'
import { emoji as plugin } from '../../../../build/emoji.js'
import { catalogueOf, findEmoji, inTone } from './catalogue.js'
import { closedShortCode, openShortCode } from './short-code.js'

/** The real catalogue, as the build makes it. */
function rowsOf(language: string) {
  const { load } = plugin() as unknown as { load(id: string): string }
  const [, json = '""'] = /JSON\.parse\((.*)\)$/s.exec(load(`\0virtual:emoji/${language}`)) ?? []
  return JSON.parse(JSON.parse(json) as string) as Parameters<typeof catalogueOf>[0]
}
const english = catalogueOf(rowsOf('en'))
const russian = catalogueOf(rowsOf('ru'), rowsOf('en'))

test('the catalogue is complete, without duplicates, each with a name', () => {
  expect(english.length).toBeGreaterThan(1_800)
  for (const all of [english, russian]) {
    expect(new Set(all.map(({ emoji }) => emoji)).size).toBe(all.length)
    expect(all.filter(({ name }) => name === '')).toEqual([])
  }
})

test('an emoji is written in one way only', () => {
  const all = new Set(english.map(({ emoji }) => emoji))
  for (const emoji of ['👍', '🔥', '❤️', '🎉', '☀️']) expect(all.has(emoji), emoji).toBe(true)
  expect(all.has('👍\uFE0F')).toBe(false)
})

test.each([
  [english, 'smile', '😄'],
  [english, '+1', '👍'],
  [english, 'tada', '🎉'],
  [russian, 'smile', '😄'],
  [russian, 'огонь', '🔥'],
  [russian, 'сердц', '❤️'],
] as const)('is found by its code', (all, query, emoji) => {
  expect(findEmoji(all, query, 12).map((one) => one.emoji)).toContain(emoji)
})

test('whole codes come first, and an empty query finds nothing', () => {
  expect(findEmoji(english, 'fire', 3)[0]?.emoji).toBe('🔥')
  expect(findEmoji(english, ' ', 3)).toEqual([])
  expect(findEmoji(english, 'qwertyuiop', 3)).toEqual([])
})

test('skin tone modifiers are put in the right place', () => {
  const one = (emoji: string) => english.find((each) => each.emoji === emoji) ?? { emoji, toned: false }
  expect(inTone(one('👍'), '\u{1F3FD}')).toBe('👍🏽')
  expect(inTone(one('🤦‍♀️'), '\u{1F3FF}')).toBe('🤦🏿‍♀️')
  expect(inTone(one('🔥'), '\u{1F3FD}')).toBe('🔥')
})

test.each([
  ['hello :smi', 'smi'],
  [':огонь', 'огонь'],
  ['🔥:fi', 'fi'],
  ['at 10:30', undefined],
  ['http://x', undefined],
  [':)', undefined],
  ['at :30', undefined],
  ['localhost :8080', undefined],
  ['::ffff', undefined],
  [':-)', undefined],
  [':+1', '+1'],
  ['(:fire', 'fire'],
  ['a:bc', undefined],
])('the short code being typed: %s', (text, query) => expect(openShortCode(text, text.length)?.code).toBe(query))

test('a closed short code', () => {
  expect(closedShortCode('so :tada:', 9)).toEqual({ start: 3, code: 'tada' })
  for (const text of ['10:30:', '10:100:', 'host:fire:', 'https://a:fire:'])
    expect(closedShortCode(text, text.length), text).toBeUndefined()
  expect(closedShortCode('so :tada', 8)).toBeUndefined()
})
