import { ErrorReason } from '@beseda/proto/common/v1/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lengthOf, MAX_MENTIONS, MAX_RAW_TEXT, MAX_TEXT, mentionOf, mentionsIn, replaceMentions } from './mentions.js'

const refused = (reason: ErrorReason) => expect.objectContaining({ reason })
const id = (n: number) => `017f22e2-79b0-7cc3-98c4-${String(n).padStart(12, '0')}`

test('mentions are found once each, including all and admins', () => {
  const text = `${mentionOf(id(1))} and ${mentionOf(id(2))}, ${mentionOf(id(1))}! <@all> <@admins> <@nobody>`
  expect(mentionsIn(text)).toEqual({ userIds: [id(1), id(2)], all: true, admins: true })
  expect(replaceMentions(`hi ${mentionOf(id(1))} <@nobody>`, () => '@ann')).toBe('hi @ann <@nobody>')
})

test('mentions are limited', () => {
  const text = Array.from({ length: MAX_MENTIONS + 1 }, (_, n) => mentionOf(id(n))).join('')
  expect(() => mentionsIn(text)).toThrow(refused(ErrorReason.TOO_MANY))
})

test.each([
  ['code', '`<@all>`'],
  ['a fence', '```\n<@all>\n```'],
  ['indented code', '    <@all>'],
  ['a quotation', '> <@all> said'],
  ['a word behind a backslash', '\\<@all>'],
])('%s calls nobody', (_, text) => {
  expect(mentionsIn(text)).toEqual({ userIds: [], all: false, admins: false })
})

test.each(['\\\\<@all>', '> quoted\n<@all>', '`a` <@all>', '**<@all>**', '||<@all>||'])('%j calls all', (text) => {
  expect(mentionsIn(text).all).toBe(true)
})

test('a mention counts as one character, an emoji as its code points', () => {
  expect(lengthOf(`hi ${mentionOf(id(1))}!`)).toBe(5)
  expect(lengthOf('<@all>')).toBe(1)
  expect(lengthOf('🎉')).toBe(1)
})

test('what people count as allowed fits into a request, and nothing else can be much longer', () => {
  const piece = fc.oneof(fc.constant(mentionOf(id(1))), fc.constantFrom('<@all>', 'x', '🎉'))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), fc.nat(4000), (pieces, more) => {
      const text = pieces.join('') + 'x'.repeat(more)
      if (lengthOf(text) <= MAX_TEXT) expect([...text].length).toBeLessThanOrEqual(MAX_RAW_TEXT)
      expect(lengthOf(text)).toBeLessThanOrEqual([...text].length)
    }),
  )
})
