import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { documentedVariables } from './testing/configuration.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = [
  '{libs/platform,libs/rpc,libs/event-log,gateway}/src/**/*.ts',
  'services/*/src/**/*.ts',
  'tools/*.mjs',
  'tools/admin/**/*.mjs',
]
/** Set by the platform, by tests, or by a developer (DEBUG: stacks of the tools), not by an operator. */
const NOT_OURS = ['NODE_ENV', 'DEBUG']

/** Every variable that a process of the platform reads: `env.NAME`, `env['NAME']`, `reader(env, 'NAME')`, `{ NAME: name } = env`. */
function variablesRead(): Set<string> {
  const files = globSync(SOURCES, { cwd: ROOT, exclude: (name) => /\.spec\.ts$|\/testing\/|\/gen\//.test(name) })
  const found = files.flatMap((file) => {
    const source = readFileSync(`${ROOT}/${file}`, 'utf8')
    const named = [...source.matchAll(/\benv(?:\.|\['|, ')([A-Z][A-Z0-9_]+)/g)].map(([, name = '']) => name)
    const taken = [...source.matchAll(/\{([^{}]*)\} = (?:process\.)?env\b/g)].map(([, names = '']) => names)
    return [...named, ...taken.flatMap((names) => names.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [])]
  })
  return new Set(found.filter((name) => !NOT_OURS.includes(name)))
}

test('every variable that the code reads is in configuration.md', () => {
  const read = variablesRead()
  expect(read.size).toBeGreaterThan(20)
  const known = documentedVariables()
  expect([...read].filter((name) => !known.has(name))).toEqual([])
})

test('every variable in configuration.md is one that something reads', () => {
  const read = variablesRead()
  // Those of OpenTelemetry are read by its SDK.
  const surplus = [...documentedVariables()].filter((name) => !read.has(name) && !name.startsWith('OTEL_'))
  expect(surplus).toEqual([])
})
