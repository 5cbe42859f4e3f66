import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foundWords, hasRuns, runsToCheck, type SearchWord, searchWords, termsOf } from './index.js'
import { stemOf } from './stems.js'
import { fold, wordsOf } from './words.js'

/** The rule of the index, in memory. */
function finds(query: string, text: string): boolean {
  const terms = termsOf(text)
  const words = searchWords(query)
  const has = (word: SearchWord) =>
    word.kind === 'run'
      ? word.pairs.every((pair) => terms.some((term) => ([...pair].length > 1 ? term === pair : term.startsWith(pair))))
      : terms.some((term) => term === word.stem || (word.prefix !== undefined && term.startsWith(word.prefix)))
  return words.length > 0 && words.every(has) && hasRuns([text], runsToCheck(words))
}

test('words are folded: case, accents, ё, width; й stays', () => {
  const words = wordsOf('Ёлка, ЙОГУРТ! Café naïve x2 ＷＩＤＥ').map(({ text }) => text)
  expect(words).toEqual(['елка', 'йогурт', 'cafe', 'naive', 'x2', 'wide'])
})

test.each([
  ['сообщение', 'сообщения', 'сообщениями'],
  ['красивый', 'красивая', 'красивого'],
  ['running', 'runs', 'run'],
  ['meeting', 'meetings', 'meet'],
])('%s, %s and %s have one stem', (...forms) => {
  expect(new Set(forms.map(stemOf)).size).toBe(1)
})

describe('a query', () => {
  test('counts its last word as unfinished, unless something follows', () => {
    expect(searchWords('новые сообщ')).toMatchObject([{ prefix: undefined }, { prefix: 'сообщ' }])
    expect(searchWords('новые сообщ ')).toMatchObject([{ prefix: undefined }, { prefix: undefined }])
    expect(searchWords('a')).toMatchObject([{ prefix: undefined }])
  })

  test('is words only: no signs of a query language', () => {
    expect(searchWords('" OR * NEAR(a b) -x')).toHaveLength(5)
    expect(searchWords('***')).toEqual([])
  })
})

test.each([
  ['我家在上海东边。', '上海'],
  ['我家在上海东边。', '上海东'],
  ['我家在上海东边。', '边'],
  ['でも優柔不断だったね。', '優柔不断'],
  ['ﾃﾚﾋﾞを見る', 'テレビ'],
  ['오늘서울에서만나요', '서울'],
  ['서울에서', '서울'.normalize('NFD')],
  ['ฉันรักประเทศไทยมาก', 'ประเทศไทย'],
  ['ພາສາລາວ', 'ລາວ'],
  ['新しいiPhoneです', 'iphone'],
  ['party 🎉 time', '🎉'],
  ['good 👍🏽', '👍'],
  ['I ❤ you', '❤️'],
  ['vive la 🇫🇷!', '🇫🇷'],
  ['co\u00adoperate', 'cooperate'],
  ['coop\u200berate', 'cooperate'],
  ['می\u200cخواهم', 'میخواهم'],
  ['كِتَابٌ', 'كتاب'],
  ['हिन्दी में', 'हिन्दी'],
  ['Ёлка горит', 'елка'],
  ['well-known fact', 'well-known'],
  ['cafe\u0301', 'café'],
  ['ﬁnal', 'final'],
  ['Łódź', 'lodz'],
  ['lodz', 'Łódź'],
  ['die Straße', 'strasse'],
  ['smørrebrød', 'smorre'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['Işık', 'isik'],
])('%j is found by %j', (text, query) => expect(finds(query, text)).toBe(true))

test.each([
  ['海上明月，上天', '上海'],
  ['上海和海东', '上海东'],
  ['cooperate', 'operate'],
  ['🎉', '🎈'],
])('%j is not found by %j', (text, query) => expect(finds(query, text)).toBe(false))

test.each(['organization', 'communication', 'universities', 'vandalism', 'беседовать', 'сообщениями', 'ёлками'])(
  'every beginning of %s finds it',
  (word) => {
    for (let length = 2; length <= word.length; length++)
      expect(finds(word.slice(0, length), `about ${word} today`)).toBe(true)
  },
)

describe('of any text', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'é', 'й', 'ё', '\u0306', ' ', '上', '海', '서', '울', 'ก', 'ี', '🎉', '\u00ad', '-'),
  })

  test('its normal forms are one', () => {
    fc.assert(
      fc.property(text, (written) => {
        expect(fold(written.normalize('NFD'))).toBe(fold(written.normalize('NFC')))
        expect(termsOf(written.normalize('NFD'))).toEqual(termsOf(written.normalize('NFC')))
      }),
    )
  })

  test('it is found by itself, and each word that is found is shown', () => {
    fc.assert(
      fc.property(text, (written) => {
        const words = wordsOf(written)
        if (words.length === 0) return
        expect(finds(written, written)).toBe(true)
        const shown = foundWords(written, written).map(({ start, end }) => written.slice(start, end))
        expect(fold(shown.join(''))).toBe(words.map((word) => word.text).join(''))
      }),
    )
  })
})

test.each([
  ['We were running late', 'run', ['running']],
  ['Отчёт о сообщениях', 'сообщение', ['сообщениях']],
  ['naïve cafe\u0301', 'cafe naive ', ['naïve', 'cafe\u0301']],
  ['我家在上海东边', '上海', ['上海']],
  ['Η ΟΔΟΣ, Łódź, Straße', 'οδος lodz strasse ', ['ΟΔΟΣ', 'Łódź', 'Straße']],
  ['a\u00adb party 🎉🎉', 'ab 🎉', ['a\u00adb', '🎉🎉']],
  ['nothing here', 'else', []],
])('%j for %j shows %j', (text, query, shown) => {
  expect(foundWords(text, query).map(({ start, end }) => text.slice(start, end))).toEqual(shown)
})
