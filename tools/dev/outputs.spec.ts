import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from '../lib/root.mjs'
import { changedPackages, readOutputs, readPackages } from './outputs.mjs'

const packages = [
  { name: '@beseda/kernel', folder: 'libs/kernel', uses: [] },
  { name: '@beseda/rpc', folder: 'libs/rpc', uses: ['@beseda/kernel'] },
  { name: '@beseda/group', folder: 'services/group', uses: ['@beseda/rpc'] },
  { name: '@beseda/call', folder: 'services/call', uses: ['@beseda/kernel'] },
  { name: '@beseda/gateway', folder: 'gateway', uses: [] },
]

describe('changedPackages', () => {
  const before = new Map(packages.map(({ folder }) => [folder, 'old']))
  const changed = (...folders: string[]) =>
    changedPackages(packages, before, new Map([...before, ...folders.map((folder) => [folder, 'new'] as const)]))

  it('is only the service when only the service has changed', () => {
    expect(changed('services/group')).toEqual(['services/group'])
    expect(changed()).toEqual([])
  })

  it('includes everything that depends on a library, directly or indirectly', () => {
    expect(changed('libs/rpc')).toEqual(['libs/rpc', 'services/group'])
    expect(changed('libs/kernel')).toEqual(['libs/kernel', 'libs/rpc', 'services/group', 'services/call'])
  })
})

describe('readOutputs', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'beseda-outputs-'))
    await mkdir(join(root, 'gateway', 'dist'), { recursive: true })
    await writeFile(join(root, 'gateway', 'dist', 'main.js'), 'a')
  })
  afterEach(() => rm(root, { recursive: true }))

  it('compares contents, not times', async () => {
    const read = async () => (await readOutputs(root, packages)).get('gateway')
    const first = await read()
    await utimes(join(root, 'gateway', 'dist', 'main.js'), 1, 1)
    expect(await read()).toBe(first)
    await writeFile(join(root, 'gateway', 'dist', 'types.d.ts'), 'b')
    expect(await read()).toBe(first)
    await writeFile(join(root, 'gateway', 'dist', 'main.js'), 'b')
    expect(await read()).not.toBe(first)
  })
})

it('finds the packages of the repository and their dependencies', () => {
  const found = readPackages(ROOT)
  expect(found.find(({ folder }) => folder === 'services/group')?.uses).toContain('@beseda/event-log')
  expect(found.map(({ folder }) => folder)).toEqual(expect.arrayContaining(['proto', 'libs/kernel', 'gateway']))
  expect(found.map(({ folder }) => folder)).not.toContain('web')
})
