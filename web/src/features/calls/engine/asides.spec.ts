import { expect, test } from 'vitest'
import { Asides, asideBytes, asideOf, asideOfText, asideText } from './asides.js'
import { mediaOf, mediaText, SILENT } from './media-state.js'
import { reactionOf } from './reactions.js'

const BOB = { userId: 'bob', deviceId: 'phone' }
const CAT = { userId: 'cat', deviceId: 'tablet' }
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (content: Uint8Array) => new TextDecoder().decode(content)

test('an aside is neither media state nor reaction, and those are no asides', () => {
  const sent = asideBytes(bytes('{"camera":true}'))
  expect(text(asideOf(sent) ?? bytes('none'))).toBe('{"camera":true}')
  expect([mediaOf(text(sent)), reactionOf(text(sent))]).toEqual([undefined, undefined])
  expect(asideOf(bytes(mediaText(SILENT)))).toBeUndefined()
  expect(asideOf(new Uint8Array())).toBeUndefined()
})

test('as a text, which an SFU carries, it is the same bytes, and no other text is one', () => {
  const content = Uint8Array.from({ length: 256 }, (_, i) => i)
  expect(asideOfText(asideText(content))).toEqual(content)
  expect([mediaOf(asideText(content)), reactionOf(asideText(content))]).toEqual([undefined, undefined])
  expect(asideOfText(mediaText(SILENT))).toBeUndefined()
  expect(asideOfText('')).toBeUndefined()
})

test('a text that begins as an aside, and is none, is nothing', () => {
  for (const rubbish of ['%', 'abcde', '\u{1F600}', '=']) expect(asideOfText(`\u0001${rubbish}`)).toBeUndefined()
})

test('whoever listens late hears what has come before, but no flood of it', () => {
  const asides = new Asides(() => undefined)
  expect(asides.early.value).toBe(0)
  asides.hear(CAT, bytes('agrees'))
  for (let i = 0; i < 60; i++) asides.hear(BOB, bytes(String(i)))
  asides.hear(CAT, bytes('does not'))
  expect(asides.early.value).toBe(62)
  const heard: string[] = []
  asides.listen(({ userId }, content) => void heard.push(`${userId} ${text(content)}`))
  asides.hear(BOB, bytes('now'))
  // Of each the last ones: those before say less.
  expect([heard.length, heard[0], heard[1], ...heard.slice(-3)]).toEqual([
    23,
    'cat agrees',
    'bob 40',
    'bob 59',
    'cat does not',
    'bob now',
  ])
  expect(asides.early.value).toBe(62)
})
