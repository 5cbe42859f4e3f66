import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { generated } from './generate.mjs'

const CHART = fileURLToPath(new URL('beseda/', import.meta.url))
const read = (path: string) => readFileSync(`${CHART}${path}`, 'utf8')

/** Written by hand; everything else is made from deploy/k8s. */
const OWN = [
  'README.md',
  'values-trial.yaml',
  'files/reach.mjs',
  'templates/NOTES.txt',
  'templates/_helpers.tpl',
  'templates/guards.yaml',
  'templates/secrets.yaml',
  'templates/tests/reach.yaml',
]

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly additionalProperties?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
}
const schema = JSON.parse(read('values.schema.json')) as Schema

const files = await generated()

test('is what deploy/helm/generate.mjs makes from the manifests', () => {
  const there = globSync('**/*', { cwd: CHART, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(CHART.length))
  expect(new Set(there)).toEqual(new Set([...OWN, ...files.keys()]))
  for (const [path, text] of files) expect(read(path), `${path}: run node deploy/helm/generate.mjs`).toBe(text)
})

/** Values and groups by their path. */
const parts = (node: Schema, path: string): [string, Schema][] =>
  Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const at = path ? `${path}.${name}` : name
    return [[at, child] as [string, Schema], ...('default' in child ? [] : parts(child, at))]
  })

describe('values.schema.json', () => {
  test('says what every value is for, and what it is otherwise', () => {
    const silent = parts(schema, '').filter(([path, { description }]) => path !== 'global' && !description)
    expect(silent.map(([path]) => path)).toEqual([])
    const values = parse(read('values.yaml'), { version: '1.1' }) as object
    for (const [path, node] of parts(schema, '')) {
      if (!('default' in node)) continue
      expect(
        path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], values),
        path,
      ).toEqual(node.default)
    }
  })

  test('refuses values that no template reads', () => {
    for (const [path, node] of parts(schema, '')) {
      if (node.properties) expect(node.additionalProperties, path).toBe(false)
    }
  })

  test('knows the values of a trial', () => {
    const known = new Map(parts(schema, ''))
    const used = (node: object, path: string): string[] =>
      Object.entries(node).flatMap(([name, child]) => {
        const at = path ? `${path}.${name}` : name
        return known.get(at)?.properties ? used(child as object, at) : [at]
      })
    expect(used(parse(read('values-trial.yaml')) as object, '').filter((path) => !known.has(path))).toEqual([])
  })
})

test('its test asks the page and a request that need nobody to be signed in', () => {
  const script = read('files/reach.mjs')
  expect(readFileSync(new URL('../../web/index.html', import.meta.url), 'utf8')).toContain('<div id="app"')
  const proto = readFileSync(new URL('../../proto/beseda/identity/v1/identity_service.proto', import.meta.url), 'utf8')
  const [, method] = /IdentityService\/(\w+)/.exec(script) ?? []
  expect(proto).toMatch(new RegExp(`rpc ${method}\\([\\s\\S]*?EXPOSURE_ANYBODY`))
  expect(existsSync(`${CHART}templates/tests/reach.yaml`)).toBe(true)
})
