import { describe, expect, test } from 'vitest'
import { hasLink, searchWords, stemOf, wordsOf } from './search-terms.js'

test('words are folded: case, accents, ё; й stays', () => {
  expect(wordsOf('Ёлка, ЙОГУРТ! Café naïve x2')).toEqual(['елка', 'йогурт', 'cafe', 'naive', 'x2'])
})

test.each([
  ['сообщение', 'сообщения', 'сообщениями'],
  ['красивый', 'красивая', 'красивого'],
  ['running', 'runs', 'run'],
  ['meeting', 'meetings', 'meet'],
])('%s, %s and %s have one stem', (...forms) => {
  expect(new Set(forms.map(stemOf)).size).toBe(1)
})

describe('a query', () => {
  test('counts its last word as unfinished, unless something follows', () => {
    expect(searchWords('новые сообщ')).toMatchObject([{ prefix: undefined }, { prefix: 'сообщ' }])
    expect(searchWords('новые сообщ ')).toMatchObject([{ prefix: undefined }, { prefix: undefined }])
    expect(searchWords('a')).toMatchObject([{ prefix: undefined }])
  })

  test('is words only: no signs of a query language', () => {
    expect(searchWords('" OR * NEAR(a b) -x')).toHaveLength(5)
    expect(searchWords('***')).toEqual([])
  })
})

test('links are links of the web', () => {
  expect(hasLink('see https://example.org')).toBe(true)
  expect(hasLink('see example.org or http://')).toBe(false)
})
