import { expect, test } from 'vitest'
import { endOf, inAnHour, optionsIn, type PollForm, problemOf } from './poll-form.js'

const NOW = new Date(2026, 10, 30, 9, 5).getTime()
const form = (fields: Partial<PollForm> = {}): PollForm => ({
  question: 'Tea?',
  options: ['yes', 'no', ' '],
  ends: 'never',
  endsAt: '',
  ...fields,
})

test('blank options are left out, and spaces do not make two of one', () => {
  expect(optionsIn(form())).toEqual(['yes', 'no'])
  expect(problemOf(form(), NOW)).toBeUndefined()
  expect(problemOf(form({ options: ['green  tea', 'green tea '] }), NOW)).toBe('same')
})

test.each([
  ['no question', { question: ' ' }],
  ['one option', { options: ['yes', ''] }],
  ['no date', { ends: 'at', endsAt: '' }],
] as const)('%s is not yet a poll', (_, fields) => {
  expect(problemOf(form(fields), NOW)).toBe('wanting')
})

test('a long question is said to be one', () => {
  expect(problemOf(form({ question: 'x'.repeat(301) }), NOW)).toBe('long')
})

test('it ends in the future, within a year', () => {
  expect(problemOf(form({ ends: 'at', endsAt: '2026-11-30T09:05' }), NOW)).toBe('past')
  expect(problemOf(form({ ends: 'at', endsAt: '2028-01-01T00:00' }), NOW)).toBe('tooFar')
  const inAWhile = form({ ends: 'at', endsAt: inAnHour(NOW) })
  expect([problemOf(inAWhile, NOW), endOf(inAWhile, NOW)]).toEqual([undefined, NOW + 3_600_000])
  expect([endOf(form(), NOW), endOf(form({ ends: 'day' }), NOW)]).toEqual([0, NOW + 86_400_000])
})
