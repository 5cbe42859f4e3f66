import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inRoot } from '../lib/root.mjs'
import { createNodes, describePackage } from './targets.mjs'

test('every package has test, type-check and lint targets, and tags by its folder', () => {
  const { targets, tags } = describePackage('services/group')
  expect(tags).toEqual(['scope:group', 'type:service'])
  expect(targets).toMatchObject({
    test: { command: 'vitest run --project unit --passWithNoTests services/group/', cache: true },
    typecheck: { command: 'tsc -b services/group', dependsOn: ['^build'] },
    lint: { command: 'biome lint services/group' },
  })
  expect(describePackage('web')).toMatchObject({ tags: ['scope:web', 'type:client'] })
  expect(describePackage('web').targets.typecheck).toMatchObject({ command: 'vue-tsc --noEmit -p web' })
  expect(describePackage('libs/rules').tags).toEqual(['scope:rules', 'type:lib'])
})

test('a test result is stale when the package, a dependency, or the test setup has changed', () => {
  const { inputs } = describePackage('gateway').targets.test as { inputs: string[] }
  expect(inputs).toEqual(['default', '^production', '{workspaceRoot}/vitest.config.ts'])
})

test('every package of the repository is included', () => {
  const [pattern] = createNodes as [string]
  const folders = globSync(pattern, { cwd: inRoot() })
  expect(folders).toEqual(expect.arrayContaining(['proto/package.json', 'libs/rules/package.json', 'web/package.json']))
  expect(folders).toHaveLength(
    globSync('{*,libs/*,services/*}/package.json', {
      cwd: inRoot(),
      exclude: (at) => /node_modules|loadtests/.test(at),
    }).length,
  )
})
