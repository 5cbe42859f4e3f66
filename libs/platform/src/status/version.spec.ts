import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { RUNNING } from './version.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const read = (path: string) => readFileSync(root + path, 'utf8')

test('every part of the product says the same version', () => {
  const { version, workspaces } = JSON.parse(read('package.json')) as { version: string; workspaces: string[] }
  expect(RUNNING.version).toBe(version)
  const manifests = workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root }))
  expect(manifests.length).toBeGreaterThan(10)
  for (const path of manifests) expect((JSON.parse(read(path)) as { version?: string }).version, path).toBe(version)
  const tags = globSync('deploy/{k8s,compose}/**/*.yaml', { cwd: root }).flatMap((path) =>
    [...read(path).matchAll(/(?:newTag: |image: beseda:)(\S+)/g)].map(([, tag]) => `${path} ${tag}`),
  )
  expect(tags.length).toBeGreaterThan(3)
  expect(tags.filter((tag) => !tag.endsWith(` ${version}`))).toEqual([])
})
