import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sameEmoji } from './emoji.js'

test.each([
  ['❤️', ['❤', '❤\ufe0e']],
  ['👍', ['👍\ufe0f']],
  ['👍🏽', ['👍\ufe0f🏽']],
  ['🕵🏽\u200d♂️', ['🕵\ufe0f🏽\u200d♂', '🕵🏽\u200d♂']],
  ['👁️\u200d🗨️', ['👁\u200d🗨', '👁️\u200d🗨']],
  ['1️⃣', ['1⃣']],
  ['🏳️\u200d🌈', ['🏳\u200d🌈']],
  ['🇫🇷', []],
  ['🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', []],
  ['👩\u200d👩\u200d👧\u200d👦', []],
])('%s has one form', (emoji, others) => {
  for (const one of [emoji, ...others]) expect(sameEmoji(one)).toBe(emoji)
})

test('the form of a form is the same', () => {
  const sign = fc.constantFrom('👍', '❤', '🏽', '\ufe0f', '\ufe0e', '\u200d', '♂', '1', '\u20e3')
  fc.assert(
    fc.property(fc.string({ unit: sign }), (emoji) => {
      expect(sameEmoji(sameEmoji(emoji))).toBe(sameEmoji(emoji))
    }),
  )
})
