import { expect, test } from 'vitest'
import { openMention } from './open-mention.js'

test.each([
  ['@an', 3, { start: 0, query: 'an' }],
  ['hi @Бо', 6, { start: 3, query: 'Бо' }],
  ['hi @', 4, { start: 3, query: '' }],
  ['(@an', 4, { start: 1, query: 'an' }],
  ['@anna', 3, { start: 0, query: 'an' }],
  ['你好@田', 4, { start: 2, query: '田' }],
  ['mail@example', 12, undefined],
  ['https://a.example/@an', 21, undefined],
  ['~/@an', 5, undefined],
  ['@anna hello', 11, undefined],
  ['`@an', 4, undefined],
  ['```\n@an', 7, undefined],
  ['> @an', 5, undefined],
  ['`code` @an', 10, { start: 7, query: 'an' }],
])('%j with the caret at %i', (text, caret, expected) => expect(openMention(text, caret)).toEqual(expected))
