import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeName } from './file-names.js'

test('whatever a file is called, its name stays in its folder and fits a file system', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (name) => {
      const safe = safeName(name)
      expect(safe).not.toMatch(/[/\\]|^\.|[. ]$/)
      expect(Buffer.byteLength(safe)).toBeGreaterThan(0)
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(180)
    }),
  )
})

test('a name keeps what tells its kind', () => {
  expect(safeName(`${'ы'.repeat(300)}.pdf`)).toMatch(/^ы+\.pdf$/)
  expect([safeName('план.txt'), safeName('.profile'), safeName('')]).toEqual(['план.txt', '_profile', 'file'])
})
