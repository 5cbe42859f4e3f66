import { expect, test } from 'vitest'
import { similarity, trigrams } from './search.js'

test('й is a letter of its own after folding on both sides', () => {
  expect(similarity('Андрей', 'андрей')).toBe(1)
})

test('a typo still finds, another name does not', () => {
  expect(similarity('aleksandr', 'alexandr')).toBeGreaterThan(0.4)
  expect(similarity('Марья', 'Мария')).toBeGreaterThanOrEqual(0.4)
  expect(similarity('anna', 'boris')).toBeLessThan(0.2)
})

test('a trigram is of whole characters', () => {
  expect(trigrams('')).toEqual([])
  expect(trigrams('ab')).toEqual([' ab', 'ab '])
  expect(trigrams('👨👩👧').every((gram) => gram.isWellFormed())).toBe(true)
})
