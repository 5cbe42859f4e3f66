import { describe, expect, test } from 'vitest'
import { beginsMention, handTyped, namesOf } from './hand-typed.js'
import { withIds } from './mention-places.js'

const person = (target: string, name: string, ...others: string[]) => ({ target, name, others })
const people = [
  person('emma', 'Emma Hartley', 'emma'),
  person('jose', 'José', 'jo.se'),
  person('anna', 'Anna', 'anna_k'),
  person('maria', 'Anna Maria', 'am'),
  person('belle', 'Annabelle', 'ab'),
  person('alex1', 'Alex Kim', 'alex1'),
  person('alex2', 'Alex Kim', 'alex2'),
  person('tanaka', '田中', 'tanaka'),
  person('all', 'все', 'all'),
]
const sent = (text: string) => withIds(text, handTyped(text, namesOf(people), []))

describe('typed by hand', () => {
  test.each([
    ['@emma hi', '<@emma> hi'],
    ['hi @Emma Hartley, come', 'hi <@emma>, come'],
    ['HI @EMMA', 'HI <@emma>'],
    ['(@emma)', '(<@emma>)'],
    ['is it @emma?', 'is it <@emma>?'],
    ['ask @emma.', 'ask <@emma>.'],
    ['@emma’s idea', '<@emma>’s idea'],
    ['@jose\u0301', '<@jose>'],
    ['@jo.se', '<@jose>'],
    ['@Anna Maria sings', '<@maria> sings'],
    ['@all please read', '<@all> please read'],
    ['@Все сюда', '<@all> сюда'],
    ['こんにちは@田中', 'こんにちは<@tanaka>'],
    ['@田中さん、見て', '<@tanaka>さん、見て'],
    ['@emma你好', '<@emma>你好'],
    ['@emmaครับ', '<@emma>ครับ'],
    ['@emma\n@am', '<@emma>\n<@maria>'],
  ])('%s is sent as %s', (text, expected) => expect(sent(text)).toBe(expected))

  test.each([
    ['a name that two people have', '@Alex Kim'],
    ['a name that begins another’s', '@Anna'],
    ['a name whose beginning is another’s', '@Annabelle'],
    ['a part of a name', '@Hartley'],
    ['a longer word', '@emmanuel'],
    ['an address', 'post@emma.example and emma@emma'],
    ['a name that goes on like an address', '@emma.example @emma/x @emma:example.org'],
    ['a path', '/home/@emma'],
    ['the address of a page', 'https://a.example/@emma?u=@emma&v=@all'],
    ['code', '`@emma`\n```\n@emma\n```'],
    ['a quotation', '> @emma'],
    ['a back slash', '\\@emma'],
    ['nobody', '@nobody'],
  ])('%s stays as it was typed', (_, text) => expect(sent(text)).toBe(text))

  test('what was chosen from the list is not looked at again', () => {
    const placed = [{ target: 'alex2', name: 'Alex Kim', start: 0 }]
    const text = '@Alex Kim and @emma'
    expect(handTyped(text, namesOf(people), placed)).toEqual([{ target: 'emma', name: 'emma', start: 14 }])
  })

  test('somebody whose name is not known yet is not called by dots', () => {
    expect(handTyped('@... and @…', namesOf([person('x', '…')]), [])).toEqual([])
  })

  test('who may not call all calls nobody', () => {
    expect(handTyped('@all', namesOf(people.slice(0, 3)), [])).toEqual([])
  })
})

test.each([
  ['', true],
  ['hi ', true],
  ['(', true],
  ['mail', false],
  ['a/', false],
  ['你好', true],
  ['й\u0306', false],
])('an @ behind %j begins a word: %s', (before, expected) => {
  expect(beginsMention(`${before}@x`, before.length)).toBe(expected)
})
