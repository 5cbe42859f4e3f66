import { expect, test } from 'vitest'
import { unusedKeys } from './unused.mjs'

test('a key is used where it is a literal, in any quotes', () => {
  const sources = [`t('a.b')`, '{{ t("c.d") }}', '`e.f`']
  expect(unusedKeys(['a.b', 'c.d', 'e.f', 'g.h'], sources)).toEqual(['g.h'])
})
test('or where a template matches it', () => {
  const sources = ['t(`look.${choice}`)', 't(`start.${way.name}Hint`)', 't(`bots.${Scope[scope]}`)']
  const keys = ['look.dark', 'start.newHint', 'start.new', 'bots.READ', 'looks.dark']
  expect(unusedKeys(keys, sources)).toEqual(['start.new', 'looks.dark'])
})
test('a prefix of another key does not count', () => {
  expect(unusedKeys(['a.b'], [`t('a.b.c')`, `'xa.b'`])).toEqual(['a.b'])
})
