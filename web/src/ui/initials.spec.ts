import { expect, test } from 'vitest'
import { initialsOf } from './initials.js'

test.each([
  ['Anna Maria Lind', 'AM'],
  ['анна  соколова', 'АС'],
  ['Group {n} | "x"', 'GN'],
  ['(ops)', 'O'],
  ['🇫🇷 club', '🇫🇷C'],
  ['👩\u200d🚀', '👩'],
  ['𠮷野', '𠮷'],
  ['+1', '1'],
  ['!', '!'],
])('%s: %s', (name, initials) => expect(initialsOf(name)).toBe(initials))
