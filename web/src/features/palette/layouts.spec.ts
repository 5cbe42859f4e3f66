import { expect, test } from 'vitest'
import { meanings, plain, sound } from './layouts.js'

test.each([
  ['ghbdtn', 'привет'],
  ['фттф', 'anna'],
  ['lfxf', 'дача'],
  ['Ыуеештпы', 'settings'],
])('%s on the wrong keyboard means %s', (typed, meant) => expect(meanings(typed)).toContain(meant))

test('the query as typed comes first', () => expect(meanings('Anna')[0]).toBe('anna'))

test.each([
  ['Дача', 'dacha'],
  ['Анна Соколова', 'anna sokolova'],
  ['Щука', 'schuka'],
  ['José', 'jose'],
])('%s sounds like %s', (text, expected) => expect(sound(text)).toBe(expected))

test('й stays a letter of its own, ё is е', () => {
  expect(plain('Йод')).toBe('йод')
  expect(plain('Фёдор')).toBe('федор')
})
