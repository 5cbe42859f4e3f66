import { ErrorReason } from '@beseda/proto/common/v1/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanLine, cleanName, cleanText, foldText, foldUsername, isBlank, tidyText } from './text.js'

const refused = (reason: ErrorReason) => expect.objectContaining({ reason })

describe('texts', () => {
  test.each([
    ['a control character', 'a\u0000b', 'ab'],
    ['colours of a terminal', '\u001b[1;31mred\u001b[0m', 'red'],
    ['a link of a terminal', '\u001b]8;;https://example.org\u0007here\u001b]8;;\u0007', 'here'],
    ['an override of direction', 'photo\u202egpj.exe', 'photogpj.exe'],
    ['a path copied from Windows', '\u202aC:\\Users\\x.txt', 'C:\\Users\\x.txt'],
    ['an isolate', 'a\u2066b', 'ab'],
    ['a byte order mark', '\ufeffhello', 'hello'],
    ['half a surrogate pair', 'a\ud800b', 'ab'],
    ['no character at all', 'a\ufffeb', 'ab'],
    ['line ends of every kind', 'a\r\nb\rc\vd\u2028e\u0085f', 'a\nb\nc\nd\ne\nf'],
  ])('%s: what is to be read is kept', (_, text, expected) => {
    expect(cleanText('text', text)).toBe(expected)
  })

  test('a tower of marks is refused', () => {
    expect(() => cleanText('text', `a${'\u0301'.repeat(20)}`)).toThrow(refused(ErrorReason.BAD_TEXT))
  })

  test.each([
    'Привет, мир',
    'שלום',
    'مرحبا',
    '👩‍👩‍👧‍👦 ❤️',
    'tab\tand\nline',
    'Tiếng Việt',
    'ไทย',
    'می\u200cخواهم',
    'co\u00adop',
  ])('%s is fine', (text) => {
    expect(cleanText('text', text)).toBe(text)
  })
})

describe('what nobody sees', () => {
  test.each([
    '',
    ' \t\n',
    '\u00a0',
    '\u200b',
    '\u2060',
    '\u00ad',
    '\u2800',
    '\u3164',
    '\uffa0',
    '\u115f',
    '\u200e',
    '\ufe0f',
    '\u034f',
    '\u061c',
    '\u180e',
    '\u3000',
    '\u0301',
    '\ufffc',
    '\u2063',
    '\u{e0041}',
    '\u{1d173}',
    '\u202e',
  ])('%j is no message, no name, and no status', (sign) => {
    expect(isBlank(sign.repeat(3))).toBe(true)
    expect(cleanText('text', ` ${sign}${sign}`)).toBe('')
    expect(cleanLine('status_text', sign.repeat(3))).toBe('')
    expect(() => cleanName('name', sign.repeat(3))).toThrow(refused(ErrorReason.INVALID_REQUEST))
  })

  test('nor are the colours of a terminal', () => expect(tidyText(' \u001b[31m\u001b[0m')).toBe(''))

  test.each(['a', '1', '!', '👍', '❤', '字', 'ㅋ', 'क्ष', '₽', '|', '\ue000'])('%s is seen', (sign) => {
    expect(isBlank(sign)).toBe(false)
    expect(cleanName('name', sign)).toBe(sign)
  })
})

describe('names', () => {
  test('are one line of single spaces', () => {
    expect(cleanName('name', '  Book \n club ')).toBe('Book club')
    expect(cleanName('name', 'Book\u2800\u3164club')).toBe('Book club')
  })

  test('that look the same are the same', () => {
    expect(cleanName('name', 'An\u200bna\u00ad\u2060')).toBe('Anna')
    expect(cleanName('name', 'Jose\u0301')).toBe(cleanName('name', 'José'))
  })

  test('keep what shapes letters and emoji', () => {
    for (const name of ['نیم\u200cفاصله', 'ශ්\u200dරී', '👩\u200d🚀', '❤️', '🏴\u{e0067}\u{e0062}\u{e007f}'])
      expect(cleanName('name', name)).toBe(name)
  })
})

test.each([
  ['Ёлка', 'елка'],
  ['  José ', 'jose'],
  ['ANNA', 'anna'],
  ['Ａｎｎａ', 'anna'],
  ['An\u00adna\u200b', 'anna'],
  ['Łukasz Grøn-Strauß', 'lukasz gron-strauss'],
  ['ΓΙΏΡΓΟΣ', 'γιωργοσ'],
  ['İLKAY Çınar', 'ilkay cinar'],
])('%s folds to %s', (text, folded) => expect(foldText(text)).toBe(folded))

test.each([
  ['राम', 'रीमा'],
  ['はた', 'はだ'],
  ['ปู', 'ปี'],
  ['가', '각'],
])('%s and %s are two names', (one, other) => expect(foldText(one)).not.toBe(foldText(other)))

test.each(['anna', ' @Anna', 'ＡＮＮＡ', 'an\u200bna '])('%j is the user name anna', (typed) => {
  expect(foldUsername(typed)).toBe('anna')
})

describe('of any text', () => {
  const text = fc.string({ unit: 'binary' })

  test('the normal forms of a text are one', () => {
    fc.assert(
      fc.property(text, (written) => {
        const [composed, decomposed] = [written.normalize('NFC'), written.normalize('NFD')]
        expect(foldText(composed)).toBe(foldText(decomposed))
        expect(isBlank(composed)).toBe(isBlank(decomposed))
      }),
    )
  })

  test('what is tidy stays as it is', () => {
    fc.assert(
      fc.property(text, (written) => {
        expect(tidyText(tidyText(written))).toBe(tidyText(written))
        expect(foldText(foldText(written))).toBe(foldText(written))
      }),
    )
  })
})
