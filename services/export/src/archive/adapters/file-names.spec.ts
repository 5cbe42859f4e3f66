import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeName } from './file-names.js'

test('whatever a file is called, its name stays in its folder and fits a file system', () => {
  // Signs that names must not begin or end with come often, so that cuts fall on them.
  const unit = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    fc.constantFrom(' ', '.', '/', 'a'),
  )
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 400, size: 'max' }), (name) => {
      const safe = safeName(name)
      expect(safe).not.toMatch(/[/\\]|^\.|[. ]$/)
      expect(Buffer.byteLength(safe)).toBeGreaterThan(0)
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(180)
    }),
  )
})

test('a name keeps what tells its kind', () => {
  expect(safeName(`${'ы'.repeat(300)}.pdf`)).toMatch(/^ы+\.pdf$/)
  expect(safeName(`${'a'.repeat(179)} b`)).toBe('a'.repeat(179))
  expect([safeName('план.txt'), safeName('.profile'), safeName('')]).toEqual(['план.txt', '_profile', 'file'])
})
