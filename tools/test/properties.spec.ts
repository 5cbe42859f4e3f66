import fc from 'fast-check'
import { expect, test } from 'vitest'

test('a list of at most a hundred is often longer than ten', () => {
  const lengths = fc.sample(fc.array(fc.nat(), { maxLength: 100 }), 100).map(({ length }) => length)
  expect(lengths.filter((length) => length > 10).length).toBeGreaterThan(50)
})
