import { expect, test } from 'vitest'
import type { Press } from './keys.js'
import type { Command } from './registry.js'
import { commandOf } from './use-key-bindings.js'

const command = (id: string, keys: string[], more: Partial<Command> = {}): Command => ({
  id,
  section: 'app',
  title: () => id,
  keys,
  run: () => undefined,
  ...more,
})
const commands = [command('help', ['?', 'Mod+/']), command('palette', ['Mod+K'], { overDialogs: true })]
const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }
const mark: Press = { ...none, key: '?', code: 'Slash', shiftKey: true }
const slash: Press = { ...none, key: '/', code: 'Slash', ctrlKey: true }
const k: Press = { ...none, key: 'k', code: 'KeyK', ctrlKey: true }
const at = (where: { typing?: boolean; layer?: boolean } = {}) => ({
  typing: false,
  layer: false,
  mac: false,
  ...where,
})
const idOf = (press: Press, where = {}) => commandOf(commands, press, at(where))?.id

test('any of its keys runs the command', () => {
  expect(idOf(mark)).toBe('help')
  expect(idOf(slash)).toBe('help')
  expect(idOf({ ...none, key: 'x', code: 'KeyX' })).toBeUndefined()
})
test('typed text runs no command', () => {
  expect(idOf(mark, { typing: true })).toBeUndefined()
  expect(idOf(slash, { typing: true })).toBe('help')
})
test('an open dialog blocks shortcuts, except those that work over it', () => {
  expect(idOf(slash, { layer: true })).toBeUndefined()
  expect(idOf(k, { layer: true })).toBe('palette')
})
test('the command that was added last wins', () => {
  expect(commandOf([...commands, command('of a part', ['Mod+K'])], k, at())?.id).toBe('of a part')
})
