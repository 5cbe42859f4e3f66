import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('what is counted is counted by `requireRoom` alone, so that every limit is in the list that is raced for', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const files = globSync(['gateway/src/**/*.ts', 'services/*/src/**/*.ts'], { cwd: root }).filter(
    (file) => !/\.spec\.ts$|testing\.ts$/.test(file),
  )
  expect(files.length).toBeGreaterThan(200)
  const counting = files.filter((file) => /ErrorReason\.TOO_MANY\b/.test(readFileSync(`${root}/${file}`, 'utf8')))
  expect(counting).toEqual([])
})
