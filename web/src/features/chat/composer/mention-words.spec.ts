import { expect, test } from 'vitest'
import { openMention, withIds } from './mention-words.js'

test.each([
  ['@an', 3, { start: 0, query: 'an' }],
  ['hi @Бо', 6, { start: 3, query: 'Бо' }],
  ['hi @', 4, { start: 3, query: '' }],
  ['mail@example', 12, undefined],
  ['@anna hello', 11, undefined],
  ['@anna', 3, { start: 0, query: 'an' }],
])('%j with the caret at %i', (text, caret, expected) => expect(openMention(text, caret)).toEqual(expected))

test('names become ids, longer ones first', () => {
  const chosen = new Map([
    ['Anna', 'id-1'],
    ['Anna Maria', 'id-2'],
  ])
  expect(withIds('@Anna Maria and @Anna, @Nobody', chosen)).toBe('<@id-2> and <@id-1>, @Nobody')
})
