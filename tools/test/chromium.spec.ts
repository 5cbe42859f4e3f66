import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, findWholeChromium } from './chromium.mjs'

let folder: string
const file = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beseda-chromium-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('the browser of the tests', () => {
  it('is the named one, or none', async () => {
    await writeFile(file('google-chrome'), '')
    for (const find of [findChromium, findWholeChromium]) {
      expect(find({ CHROMIUM: file('google-chrome') })).toBe(file('google-chrome'))
      expect(find({ CHROMIUM: file('gone'), PATH: folder })).toBeUndefined()
    }
  })

  it('is a headless shell where there is one, but not for tests that need the whole browser', async () => {
    for (const name of ['chromium', 'chromium-headless-shell']) await writeFile(file(name), '')
    for (const env of [{ PATH: folder }, { PATH: folder, CHROMIUM: file('chromium-headless-shell') }]) {
      expect(findChromium(env)).toBe(file('chromium-headless-shell'))
      expect(findWholeChromium(env)).toBe(file('chromium'))
    }
  })
})
