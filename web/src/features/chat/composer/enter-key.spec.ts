import { expect, test } from 'vitest'
import { EnterKey } from './enter-key.js'

const press = (key: string, more: object = {}) => ({ key, shiftKey: false, ctrlKey: false, metaKey: false, ...more })
const SCREEN = true

test('with a keyboard Enter sends, and with Shift begins a line', () => {
  const enter = new EnterKey(!SCREEN)
  expect(enter.sends).toBe(true)
  expect(enter.isSend(press('Enter'))).toBe(true)
  expect(enter.isSend(press('Enter', { shiftKey: true }))).toBe(false)
  expect(enter.isSend(press('a'))).toBe(false)
})

test('on the keyboard of a screen Enter begins a line', () => {
  const enter = new EnterKey(SCREEN)
  for (const key of ['a', 'Unidentified', 'Backspace', 'Enter', 'Enter'])
    expect(enter.isSend(press(key)), key).toBe(false)
  expect(enter.sends).toBe(false)
  expect(enter.isSend(press('Enter', { ctrlKey: true }))).toBe(true)
})

test.each(['Shift', 'ArrowLeft', 'Tab', 'Escape'])('%s tells that a keyboard is attached, whose Enter sends', (key) => {
  const enter = new EnterKey(SCREEN)
  expect(enter.isSend(press(key))).toBe(false)
  expect(enter.isSend(press('Enter'))).toBe(true)
})
