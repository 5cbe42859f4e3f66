import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formsOf, opaque } from './password-forms.js'

test('a password of plain letters has one form', () => {
  expect(formsOf('correct horse')).toEqual(['correct horse'])
})

test('the same password from different keyboards is the same', () => {
  expect(opaque('cafe\u0301\u00a0noir')).toBe(opaque('café noir'))
  expect(opaque('Café')).not.toBe(opaque('café'))
  expect(opaque('①')).not.toBe(opaque('1'))
})

test('a hash of an earlier release is of one of the forms, however its password is typed', () => {
  expect(formsOf('café')).toContain('cafe\u0301')
  expect(formsOf('cafe\u0301')).toContain('café')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      expect(formsOf(typed)).toContain(typed)
      expect(opaque(opaque(typed))).toBe(opaque(typed))
      expect(opaque(typed.normalize('NFD'))).toBe(opaque(typed))
    }),
  )
})
