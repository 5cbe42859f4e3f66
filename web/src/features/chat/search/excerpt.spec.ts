import { expect, test } from 'vitest'
import { excerpt, hasFound } from './excerpt.js'

test('found words are apart, whatever their form', () => {
  expect(excerpt('We ran, and are running', 'run')).toEqual([
    { text: 'We ran, and are ', found: false },
    { text: 'running', found: true },
  ])
  expect(excerpt('plain', '')).toEqual([{ text: 'plain', found: false }])
})

test('a long text begins near its first found word', () => {
  const parts = excerpt(`${'word '.repeat(100)}needle ${'word '.repeat(100)}`, 'needle')
  expect(parts[0]).toEqual({ text: '…', found: false })
  expect(parts[1]?.text.length).toBeLessThanOrEqual(60)
  expect(parts[2]).toEqual({ text: 'needle', found: true })
})

test('a file’s name is found by its words', () => {
  expect(hasFound('Отчёт.pdf', 'отчет')).toBe(true)
  expect(hasFound('photo.png', '')).toBe(false)
})
