import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SqliteCache } from './sqlite-cache.js'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'beseda-previews-'))
  file = join(folder, 'previews.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true }))

const page = (title: string) => ({ title, description: '', siteName: '', picture: undefined })

/** A closed cache with a page of 40 KB under each of fifty addresses. */
function filled(): void {
  const cache = new SqliteCache(folder)
  for (let i = 0; i < 50; i++) cache.put(`https://${i}.example`, page('a title '.repeat(5_000)), 10)
  cache.onApplicationShutdown()
}

test('a file that is whole keeps its pages', () => {
  filled()
  expect(new SqliteCache(folder).get('https://7.example', 0)?.preview?.title).toContain('a title')
})

test.each(['no database '.repeat(1_000), 'short'])('a file that is no database is replaced', (bytes) => {
  writeFileSync(file, bytes)
  const cache = new SqliteCache(folder)
  cache.put('https://a.example', page('A'), 10)
  expect(cache.get('https://a.example', 0)?.preview?.title).toBe('A')
})

test('a file that turns out to be damaged is replaced, and the page is one that nobody has looked at', () => {
  filled()
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0xa5, 3 * 4096))
  const cache = new SqliteCache(folder)
  expect(cache.get('https://7.example', 0)).toBeUndefined()
  cache.put('https://7.example', page('again'), 10)
  expect(cache.get('https://7.example', 0)?.preview?.title).toBe('again')
})
