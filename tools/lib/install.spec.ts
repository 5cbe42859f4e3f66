import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { clear } from './install.mjs'

let root: string
const inRoot = (...parts: string[]) => join(root, ...parts)
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'beseda-install-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await mkdir(inRoot('services', 'poll'), { recursive: true })
  await writeFile(inRoot('services', 'poll', 'main.ts'), 'the work of an evening')
})

test('a workspace keeps its files when its link is made anew: an installation that was broken off may lack it', async () => {
  await mkdir(inRoot('node_modules', '@beseda'), { recursive: true })
  await symlink('../../services/poll', inRoot('node_modules', '@beseda', 'poll'))
  await clear(inRoot('node_modules', '@beseda', 'poll'))
  expect(existsSync(inRoot('node_modules', '@beseda', 'poll'))).toBe(false)
  expect(await readFile(inRoot('services', 'poll', 'main.ts'), 'utf8')).toBe('the work of an evening')
})

test('a package, and all of them, are removed; workspaces behind their links are not', async () => {
  await mkdir(inRoot('node_modules', 'left-pad'), { recursive: true })
  await writeFile(inRoot('node_modules', 'left-pad', 'index.js'), '')
  await symlink('../services/poll', inRoot('node_modules', 'poll'))
  await clear(inRoot('node_modules', 'left-pad'))
  expect(await readdir(inRoot('node_modules', 'left-pad'))).toEqual([])
  await clear(inRoot('node_modules'))
  expect(await readdir(inRoot('node_modules'))).toEqual([])
  expect(await readdir(inRoot('services', 'poll'))).toEqual(['main.ts'])
})

test('node_modules that are elsewhere are emptied there', async () => {
  await mkdir(inRoot('elsewhere', 'left-pad'), { recursive: true })
  await symlink('elsewhere', inRoot('node_modules'))
  await clear(inRoot('node_modules'))
  expect(await readdir(inRoot('elsewhere'))).toEqual([])
  expect(existsSync(inRoot('node_modules'))).toBe(true)
})

test('what is not there is no fault', async () => {
  await clear(inRoot('node_modules', 'nothing'))
  expect(existsSync(inRoot('node_modules'))).toBe(false)
})
