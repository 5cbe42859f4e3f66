import { describe, expect, it } from 'vitest'
import { duration, exitCodeOf, summaryLine, total } from './terminal.mjs'

describe('the summary', () => {
  it('is one line of a fixed form', () => {
    expect(summaryLine({ passed: 12, failed: 0 })).toBe('12 passed, 0 failed')
  })

  it('adds up', () => {
    expect(
      total([
        { passed: 1, failed: 2 },
        { passed: 10, failed: 20 },
      ]),
    ).toEqual({ passed: 11, failed: 22 })
    expect(total([])).toEqual({ passed: 0, failed: 0 })
  })

  it('is a success only when something ran and nothing failed', () => {
    expect(exitCodeOf({ passed: 1, failed: 0 })).toBe(0)
    expect(exitCodeOf({ passed: 1, failed: 1 })).toBe(1)
    expect(exitCodeOf({ passed: 0, failed: 0 })).toBe(1)
  })
})

it.each([
  [40, '0.0 s'],
  [1234, '1.2 s'],
  [9940, '9.9 s'],
  [9960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [185_000, '3 min 5 s'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})
