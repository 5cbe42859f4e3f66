import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROOT } from '../lib/root.mjs'

/** Ways to skip a test that leave no room for the reason; `context.skip(condition, reason)` has it. */
const REASONLESS = /\b(?:test|it|describe)(?:\.\w+)*\.(?:skip|skipIf|runIf|todo)\b|\b(?:x(?:it|test|describe))\(/

test.each([
  ["describe.skipIf(!helm)('an upgrade', () => {", true],
  ["test.skip('later', () => {})", true],
  ["test.concurrent.runIf(hasFirefox)('calls', walk)", true],
  ["context.skip(!hasFirefox, 'Firefox is not installed')", false],
  ["test('skips what is there', () => {})", false],
])('%s', (line, reasonless) => expect(REASONLESS.test(line)).toBe(reasonless))

test('every skipped test says why', () => {
  const files = globSync(
    ['{proto,libs,services,gateway,web,tools,deploy,docs,loadtests,e2e}/**/*.{spec,e2e,shots}.ts'],
    {
      cwd: ROOT,
      exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
    },
  ).filter((file) => !file.endsWith('check/skipped.spec.ts'))
  expect(files.length).toBeGreaterThan(500)
  expect(files.filter((file) => REASONLESS.test(readFileSync(`${ROOT}/${file}`, 'utf8')))).toEqual([])
})
