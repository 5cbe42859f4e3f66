import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** A catch that ignores the error. */
const SILENT = /\.catch\(\s*\(\)\s*=>|\bcatch \{|\.then\(.*, \(\) => undefined\)|^\s*\(\) => undefined,?$/
const isComment = (line = '') => /\/\/|\*\//.test(line)

/** Lines with a silent catch and no comment on the same line, the line before or the line after. */
function silentCatches(source: string): string[] {
  const lines = source.split('\n')
  return lines.filter((line, i) => SILENT.test(line) && ![lines[i - 1], line, lines[i + 1]].some(isComment))
}

test.each([
  ['a promise', 'void load().catch(() => undefined)', 1],
  ['a block', 'try {\n  load()\n} catch {\n  again()\n}', 1],
  ['the second argument of then', 'load().then(show, () => undefined)', 1],
  ['one with its reason before it', '// The next look asks again.\nvoid load().catch(() => undefined)', 0],
  ['one with its reason in it', '} catch {\n  // Not JSON.\n  return', 0],
  ['one that is reported', "void load().catch(handled('chat.load'))", 0],
  ['one that looks at the error', 'load().catch((error) => tell(error))', 0],
])('%s', (_, source, count) => expect(silentCatches(source).length).toBe(count))

test('no error is ignored without a comment that gives the reason', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const sources = ['web/src/**/*.{ts,vue}', 'gateway/src/**/*.ts', 'services/*/src/**/*.ts', 'libs/*/src/**/*.ts']
  const files = globSync(sources, { cwd: root }).filter(
    (file) => !/\.spec\.ts$|testing\.ts$|\/testing\/|\/gen\/|^libs\/testkit/.test(file),
  )
  const found = files.flatMap((file) =>
    silentCatches(readFileSync(`${root}/${file}`, 'utf8')).map((line) => `${file}: ${line.trim()}`),
  )
  expect(files.length).toBeGreaterThan(600)
  expect(found).toEqual([])
})
