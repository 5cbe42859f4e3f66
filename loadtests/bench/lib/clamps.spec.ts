import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** `Math.max(0, sent - received)` says "none lost" when more came than were sent. The width of a table's column is no measurement. */
const CLAMP = /Math\.max\(\s*\d+\s*,(?!\s*\.\.\.)/

test('no figure is clamped: what cannot be shows as what it is', () => {
  const files = globSync('{*.mjs,engine/**/*.mjs,bench/**/*.mjs}', { cwd: ROOT, exclude: ['node_modules/**'] })
  expect(files.length).toBeGreaterThan(40)
  expect(files.filter((file) => CLAMP.test(readFileSync(`${ROOT}${file}`, 'utf8')))).toEqual([])
})
