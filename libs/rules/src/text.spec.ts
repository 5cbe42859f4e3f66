import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { describe, expect, test } from 'vitest'
import { MAX_MENTIONS, mentionOf, mentionsIn, replaceMentions } from './mentions.js'
import { cleanName, cleanText, foldText } from './text.js'

const refused = (reason: ErrorReason) => expect.objectContaining({ reason })

describe('texts', () => {
  test.each([
    ['a control character', 'a\u0000b'],
    ['an escape sequence', 'a\u001b[31mb'],
    ['an override of direction', 'photo\u202egpj.exe'],
    ['an isolate', 'a\u2066b'],
    ['half a surrogate pair', 'a\ud800b'],
    ['a tower of marks', `a${'\u0301'.repeat(20)}`],
  ])('%s is refused', (_, text) => {
    expect(() => cleanText('text', text)).toThrow(refused(ErrorReason.BAD_TEXT))
  })

  test.each(['Привет, мир', 'שלום', 'مرحبا', '👩‍👩‍👧‍👦 ❤️', 'tab\tand\nline', 'Tiếng Việt', 'ไทย'])(
    '%s is fine',
    (text) => {
      expect(cleanText('text', text)).toBe(text)
    },
  )

  test('a name is one line of single spaces, and not empty', () => {
    expect(cleanName('name', '  Book \n club ')).toBe('Book club')
    expect(() => cleanName('name', ' \t ')).toThrow(refused(ErrorReason.INVALID_REQUEST))
  })

  test.each([
    ['Ёлка', 'елка'],
    ['  José ', 'jose'],
    ['ANNA', 'anna'],
  ])('%s folds to %s', (text, folded) => expect(foldText(text)).toBe(folded))
})

describe('mentions', () => {
  const id = (n: number) => `017f22e2-79b0-7cc3-98c4-${String(n).padStart(12, '0')}`

  test('are found once each, including all and admins', () => {
    const text = `${mentionOf(id(1))} and ${mentionOf(id(2))}, ${mentionOf(id(1))}! <@all> <@admins> <@nobody>`
    expect(mentionsIn(text)).toEqual({ userIds: [id(1), id(2)], all: true, admins: true })
    expect(replaceMentions(`hi ${mentionOf(id(1))} <@nobody>`, () => '@ann')).toBe('hi @ann <@nobody>')
  })

  test('are limited', () => {
    const text = Array.from({ length: MAX_MENTIONS + 1 }, (_, n) => mentionOf(id(n))).join('')
    expect(() => mentionsIn(text)).toThrow(refused(ErrorReason.TOO_MANY))
  })
})
