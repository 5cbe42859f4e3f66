import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROOT } from '../lib/root.mjs'
import { needsFirefox } from './firefox.mjs'

test('every end-to-end test that drives Firefox gets it installed, and no other does', () => {
  for (const file of globSync('e2e/**/*.e2e.ts', { cwd: ROOT })) {
    const drives = /support\/firefox\/firefox/.test(readFileSync(`${ROOT}/${file}`, 'utf8'))
    expect(needsFirefox([file]), file).toBe(drives)
  }
})
