import { expect, test } from 'vitest'
import { readTask } from './archive-options.js'

const NOW = new Date('2026-06-01T00:00:00Z')
const read = (options: Parameters<typeof readTask>[0]) => () => readTask(options, NOW)
const month = { from: '2026-01-01', to: '2026-02-01' }

test('days begin at midnight UTC, and groups are taken once each', () => {
  expect(readTask({ ...month, groups: 'b, a,b' }, NOW)).toEqual({
    ...{ folder: 'export-2026-01-01-2026-02-01-csv', format: 'csv', groups: ['a', 'b'], withHeld: false },
    range: { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) },
    terms: 'from 2026-01-01, to 2026-02-01, groups a b',
  })
})

test.each([
  [{ ...month, format: 'pdf' }, '--format is csv, jsonl or eml'],
  [{ from: '2026-01-01' }, '--from and --to'],
  [{ ...month, from: '2026-01-01T10:00' }, '--from is a day'],
  [{ ...month, from: '2026-13-01' }, '--from is a day'],
  [{ from: '2026-02-01', to: '2026-02-01' }, 'must be before'],
  [{ ...month, to: '2027-01-01' }, 'in the future'],
  [{ ...month, groups: 'a,*' }, '"*" is none'],
])('%j is refused with a sentence', (options, sentence) => {
  expect(read(options)).toThrow(sentence)
})
