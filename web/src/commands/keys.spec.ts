import { describe, expect, test } from 'vitest'
import { isMac, isPress, keysText, type Press, writes } from './keys.js'

const press = (key: string, code: string, held: Partial<Press> = {}): Press => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
})
const ctrl = { ctrlKey: true }

describe('an event matches a binding', () => {
  test.each<[string, Press]>([
    ['Mod+K', press('k', 'KeyK', ctrl)],
    ['Mod+K', press('л', 'KeyK', ctrl)],
    ['Mod+Shift+M', press('M', 'KeyM', { ctrlKey: true, shiftKey: true })],
    ['Alt+ArrowUp', press('ArrowUp', 'ArrowUp', { altKey: true })],
    ['Alt+Shift+ArrowDown', press('ArrowDown', 'ArrowDown', { altKey: true, shiftKey: true })],
    ['F6', press('F6', 'F6')],
    ['Shift+F6', press('F6', 'F6', { shiftKey: true })],
    ['Escape', press('Escape', 'Escape')],
    // A question mark needs different keys on different keyboards.
    ['?', press('?', 'Slash', { shiftKey: true })],
    ['?', press('?', 'Digit7', { shiftKey: true })],
    ['Mod+/', press('/', 'Slash', ctrl)],
    ['Mod+/', press('.', 'Slash', ctrl)],
    ['Mod+,', press('б', 'Comma', ctrl)],
  ])('%s', (binding, pressed) => expect(isPress(binding, pressed, false)).toBe(true))
})

describe('an event does not match', () => {
  test.each<[string, Press]>([
    ['Mod+K', press('k', 'KeyK')],
    ['Mod+K', press('K', 'KeyK', { ctrlKey: true, shiftKey: true })],
    ['Mod+K', press('k', 'KeyK', { metaKey: true })],
    ['Mod+K', press('k', 'KeyK', { ctrlKey: true, altKey: true })],
    ['Mod+K', press('j', 'KeyJ', ctrl)],
    ['F6', press('F6', 'F6', { shiftKey: true })],
    ['?', press('/', 'Slash')],
    ['?', press('?', 'Slash', { altKey: true, shiftKey: true })],
  ])('%s', (binding, pressed) => expect(isPress(binding, pressed, false)).toBe(false))
})

test('on a Mac the command key is Cmd, and Ctrl is a different key', () => {
  expect(isPress('Mod+K', press('k', 'KeyK', { metaKey: true }), true)).toBe(true)
  expect(isPress('Mod+K', press('k', 'KeyK', ctrl), true)).toBe(false)
  expect(keysText('Mod+Shift+K', true)).toBe('⌘+⇧+K')
  expect(isMac('MacIntel')).toBe(true)
  expect(isMac('Linux x86_64')).toBe(false)
})

test('keys are shown as they are labelled on the keyboard', () => {
  expect(keysText('Mod+K', false)).toBe('Ctrl+K')
  expect(keysText('Alt+Shift+ArrowDown', false)).toBe('Alt+Shift+↓')
  expect(keysText('?', false)).toBe('?')
})

test.each([
  ['?', true],
  ['Mod+K', false],
  ['F6', false],
  ['Escape', false],
  ['Alt+ArrowUp', false],
])('%s would type a character: %s', (binding, expected) => expect(writes(binding)).toBe(expected))
