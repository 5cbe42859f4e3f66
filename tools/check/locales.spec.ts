import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/**
 * What depends on the language of the host and does not say of which: in a Turkish one, `I` is the capital of `ı`. Names, keys and orders must be the
 * same on every host; what people read is written in the language of their window.
 */
const UNSAID = [
  /\.toLocale(Upper|Lower)Case\(\)/,
  /\.localeCompare\([^,()]*(\([^()]*\)[^,()]*)*\)/,
  /\.toLocale\w*String\(\)/,
  /new Intl\.\w+\(\)(?!\.resolvedOptions)/,
]
const unsaid = (source: string) => source.split('\n').filter((line) => UNSAID.some((pattern) => pattern.test(line)))

test.each([
  ['name.toLocaleUpperCase()', 1],
  ['name.toLocaleLowerCase(locale)', 0],
  ['name.toLowerCase()', 0],
  ['a.localeCompare(b)', 1],
  ['a.localeCompare(nameOf(b))', 1],
  ["a.localeCompare(b, 'en')", 0],
  ['nameOf(a).localeCompare(nameOf(b), locale.value)', 0],
  ['count.toLocaleString()', 1],
  ["count.toLocaleString('en')", 0],
  ['new Intl.Collator()', 1],
  ['Intl.DateTimeFormat().resolvedOptions().timeZone', 0],
])('%s', (line, found) => expect(unsaid(line)).toHaveLength(found))

test('nothing depends on the language of the host', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const sources = ['{web,gateway,libs/*,services/*,proto}/src/**/*.{ts,vue}', '{tools,deploy,loadtests}/**/*.mjs']
  const files = globSync(sources, { cwd: root }).filter(
    (file) => !/\.spec\.ts$|\/gen\/|node_modules|\/dist\//.test(file),
  )
  const found = files.flatMap((file) =>
    unsaid(readFileSync(`${root}/${file}`, 'utf8')).map((line) => `${file}: ${line.trim()}`),
  )
  expect(files.length).toBeGreaterThan(800)
  expect(found).toEqual([])
})
