import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { best, score } from './fuzzy.js'

describe('finds', () => {
  test.each([
    ['Book club', 'book'],
    ['Book club', 'club'],
    ['Book club', 'bc'],
    ['Book club', 'bo cl'],
    ['Book club', 'BOOK'],
    ['Дача', 'дач'],
    ['Дача', 'lfxf'],
    ['Дача', 'dacha'],
    ['Анна Соколова', 'соколова анна'.split(' ')[0] ?? ''],
    ['Анна Соколова', 'ас'],
    ['Фёдор Зимин', 'федор'],
    ['Anna', 'анна'],
    ['Anna', 'фттф'],
    ['Open settings', 'ыуе'],
  ])('%s by %s', (text, typed) => expect(score(text, typed)).toBeGreaterThan(0))
})
describe('does not find', () => {
  test.each([
    ['Book club', 'xyz'],
    ['Book club', 'kb'],
    ['Дача', 'дом'],
  ])('%s by %s', (text, typed) => expect(score(text, typed)).toBe(0))
})

const named = (...names: string[]) => names.map((name) => ({ texts: [name] }))
const namesOf = (typed: string, ...names: string[]) => best(named(...names), typed, 9).map(({ texts }) => texts[0])

test('a prefix ranks above the start of a word, that above the middle of one, and that above scattered letters', () => {
  expect(namesOf('art', 'Bright sort', 'Kartoon', 'Modern art', 'Artists')).toEqual([
    'Artists',
    'Modern art',
    'Kartoon',
  ])
  expect(namesOf('mc', 'My club', 'Mcdonald')).toEqual(['Mcdonald', 'My club'])
})
test('an exact name ranks above a longer one', () => {
  expect(namesOf('anna', 'Anna Maria', 'Anna')).toEqual(['Anna', 'Anna Maria'])
})
test('a match as typed ranks above one in the other keyboard layout', () => {
  expect(namesOf('lf', 'да', 'lf')).toEqual(['lf', 'да'])
})
test('an empty query keeps the order; boosted items come first', () => {
  expect(namesOf('', 'b', 'a')).toEqual(['b', 'a'])
  expect(best([{ texts: ['a'] }, { texts: ['b'], boost: 5 }], '', 9)[0]?.texts[0]).toBe('b')
})
test('other names match, too, and the number of results is limited', () => {
  expect(best([{ texts: ['Анна', 'anna42'] }], 'anna4', 9)).toHaveLength(1)
  expect(best(named('a1', 'a2', 'a3'), 'a', 2)).toHaveLength(2)
})
test('every prefix of a name finds it', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-zа-яё]{1,12}( [a-zа-яё]{1,12})?$/),
      fc.integer({ min: 1, max: 12 }),
      (name, length) => {
        const typed = name.slice(0, length)
        return typed.trim() === '' || score(name, typed) > 0
      },
    ),
  )
})
