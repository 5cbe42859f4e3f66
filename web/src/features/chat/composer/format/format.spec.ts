import { expect, test } from 'vitest'
import { continued, type Edit, isAddress, linked, prefixed, toggled } from './format.js'

/** `[` and `]` stand for the selection, `|` for the caret. */
function taken(marked: string): [string, number, number] {
  const caret = marked.indexOf('^')
  if (caret >= 0) return [marked.replace('^', ''), caret, caret]
  const from = marked.indexOf('«')
  const to = marked.indexOf('»') - 1
  return [marked.replace(/[«»]/g, ''), from, to]
}
function shown(text: string, { changes, from, to }: Edit): string {
  const after = changes.reduce((said, { start, end, text: put }) => said.slice(0, start) + put + said.slice(end), text)
  return from === to
    ? `${after.slice(0, from)}^${after.slice(from)}`
    : `${after.slice(0, from)}«${after.slice(from, to)}»${after.slice(to)}`
}
const change = (marked: string, edit: (text: string, from: number, to: number) => Edit) => {
  const [text, from, to] = taken(marked)
  return shown(text, edit(text, from, to))
}

test.each([
  ['say «it» now', 'say **«it»** now'],
  ['say **«it»** now', 'say «it» now'],
  ['say« it »now', 'say **«it»** now'],
  ['say ^', 'say **^**'],
  ['**^**', '^'],
])('bold: %s', (before, after) => {
  expect(change(before, (text, from, to) => toggled(text, from, to, 'bold'))).toBe(after)
})

test('the words of a link, with its address or with the caret where it is written', () => {
  expect(change('see «here» it', (_, from, to) => linked(from, to, 'https://a.b'))).toBe('see [here](https://a.b)^ it')
  expect(change('see «here» it', (_, from, to) => linked(from, to))).toBe('see [here](^) it')
})

test.each([
  ['list', 'a\n«b\nc»', 'a\n- «b\n- c»'],
  ['list', '- «b\n- c»', '«b\nc»'],
  ['numbers', '«b\nc»', '1. «b\n2. c»'],
  ['quote', 'b^', '> b^'],
] as const)('%s: %j', (prefix, before, after) => {
  expect(change(before, (text, from, to) => prefixed(text, from, to, prefix)).replace('«', '«')).toBe(after)
})

test.each([
  ['- milk^', '- milk\n- ^'],
  ['  * milk^ and', '  * milk\n  * ^ and'],
  ['9. milk^', '9. milk\n10. ^'],
  ['3) milk^', '3) milk\n4) ^'],
  ['- [x] milk^', '- [x] milk\n- [ ] ^'],
  ['> so^', '> so\n> ^'],
  ['- milk\n- ^', '- milk\n^'],
])('a list goes on, and ends with an item that has no words: %j', (before, after) => {
  expect(change(before, (text, from) => continued(text, from) ?? { changes: [], from, to: from })).toBe(after)
})

test('any other line is left to the field', () => {
  expect(continued('milk', 4)).toBeUndefined()
  expect(continued('-milk', 5)).toBeUndefined()
})

test('an address is one word with http', () => {
  expect(['https://a.b/c ', 'http://a', 'a.b', 'https://a b', 'say https://a'].map(isAddress)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
})
