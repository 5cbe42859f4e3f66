import { mentionOf } from '@beseda/rules'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { follow, isLiveBehind, type PlacedMention, withIds, withNames } from './mention-places.js'

const id = (n: number) => `017f22e2-79b0-7cc3-98c4-${String(n).padStart(12, '0')}`
const alex = (n: number, start: number): PlacedMention => ({ target: id(n), name: 'Alex', start })

describe('a change of the text', () => {
  const two = [alex(1, 0), alex(2, 10)]
  const text = '@Alex and @Alex'

  test.each([
    ['behind them', `${text}!`, 16, [0, 10]],
    ['between them', '@Alex or @Alex', 8, [0, 9]],
    ['before them', `Hi ${text}`, 3, [3, 13]],
    ['in the first one', '@Alxe and @Alex', 4, [undefined, 10]],
    ['of the first one to nothing', ' and @Alex', 0, [undefined, 5]],
    ['of everything', 'nothing', 7, [undefined, undefined]],
  ])('%s: they stand where they stood, or are words', (_, after, caret, expected) => {
    const places = new Map(follow(two, text, after, caret).map(({ target, start }) => [target, start]))
    expect([places.get(id(1)), places.get(id(2))]).toEqual(expected)
  })

  test('of two equal names the one at the caret is gone', () => {
    const equal = [alex(1, 0), alex(2, 5)]
    expect(follow(equal, '@Alex@Alex', '@Alex', 0)).toEqual([alex(2, 0)])
    expect(follow(equal, '@Alex@Alex', '@Alex', 5)).toEqual([alex(1, 0)])
  })

  test('a mention always stands where its name is, whatever is typed', () => {
    const piece = fc.string({ unit: fc.constantFrom('@', 'A', 'l', 'e', 'x', ' '), maxLength: 6 })
    fc.assert(
      fc.property(fc.nat(15), fc.nat(15), piece, (one, other, typed) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)]
        const after = text.slice(0, start) + typed + text.slice(end)
        for (const { name, start: place } of follow(two, text, after, start + typed.length))
          expect(after.startsWith(`@${name}`, place)).toBe(true)
      }),
    )
  })
})

test('two people of one name are two people', () => {
  expect(withIds('@Alex and @Alex', [alex(2, 10), alex(1, 0)])).toBe(`${mentionOf(id(1))} and ${mentionOf(id(2))}`)
})

test('one name within another, or within an address, is not replaced', () => {
  const anna: PlacedMention = { target: id(1), name: 'Anna', start: 0 }
  expect(withIds('@Anna knows @Annabelle, post@Anna.example', [anna])).toBe(
    `${mentionOf(id(1))} knows @Annabelle, post@Anna.example`,
  )
})

test('in code and quotations a name is a word', () => {
  expect(withIds('`@Alex`', [alex(1, 1)])).toBe('`@Alex`')
  expect(withIds('> @Alex', [alex(1, 2)])).toBe('> @Alex')
  expect(withIds('>:( @Alex', [alex(1, 4)])).toBe(`>:( ${mentionOf(id(1))}`)
})

test('more mentions than a message may have are left to the server', () => {
  const many = Array.from({ length: 60 }, (_, i) => alex(i, i * 6))
  expect(withIds('@Alex '.repeat(60), many)).toBe(many.map(({ target }) => `${mentionOf(target)} `).join(''))
})

test.each([
  ['', true],
  ['hello ', true],
  ['`code` ', true],
  ['`code!` ', true],
  ['don`t ', true],
  ['a `b', false],
  ['a ``b` ', false],
  ['```\n', false],
  ['```\na\n```\n', true],
  ['> ', false],
  ['> said\n\n', true],
])('what is typed behind %j is read as words: %s', (text, expected) => expect(isLiveBehind(text)).toBe(expected))

test('editing a message keeps whom it mentions, by whatever name they are shown', () => {
  const names = new Map([
    [id(1), 'Alex'],
    [id(2), 'Alex'],
    [id(3), 'Anna'],
    [id(4), 'Annabelle'],
    ['all', 'все'],
  ])
  const piece = fc.oneof(fc.constantFrom(...names.keys()).map(mentionOf), fc.constantFrom(', ', '@Anna', 'belle', ';'))
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const sent = pieces.join('')
      const { text, mentions } = withNames(sent, (target) => names.get(target) ?? '…')
      expect(text).not.toContain(id(1))
      expect(withIds(text, mentions)).toBe(sent)
    }),
  )
})
