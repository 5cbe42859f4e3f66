import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SqliteView, type ViewDefinition } from './sqlite-view.js'
import { dropAside } from './view-file.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'beseda-view-file-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const newFile = () => join(folder, `${++files}.sqlite`)
const PAGE = 4096

const notes = (change: Partial<ViewDefinition> = {}): ViewDefinition => ({
  name: 'notes',
  version: 1,
  schema: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT); CREATE INDEX note_text ON note (text)',
  apply: () => undefined,
  ...change,
})

/** Opens the view and notes what its observer is told. */
function open(file: string, definition = notes()) {
  const told: string[] = []
  const view = SqliteView.open(file, definition, {
    rebuilt: (reason) => told.push(reason),
    damaged: () => told.push('in use'),
  })
  return { view, told, rows: () => view.all('SELECT id FROM note').length }
}

/** A closed view with rows on some hundred pages. */
function filled(): string {
  const file = newFile()
  const { view, told } = open(file)
  view.atomically(() => {
    for (let i = 0; i < 2_000; i++) view.run('INSERT INTO note (text) VALUES (?)', `${i} `.repeat(80))
  })
  view.close()
  expect(told).toEqual([])
  return file
}

function overwrite(file: string, from: number, to: number): void {
  const bytes = readFileSync(file)
  bytes.fill(0xa5, from, to)
  writeFileSync(file, bytes)
}

const DAMAGE: Readonly<Record<string, { reason: string; damage: (file: string) => void }>> = {
  'a torn header': { reason: 'damaged', damage: (file) => overwrite(file, 0, 100) },
  'no database at all': {
    reason: 'damaged',
    damage: (file) => writeFileSync(file, 'a page of something '.repeat(900)),
  },
  'a file that was cut': { reason: 'damaged', damage: (file) => truncateSync(file, 20 * PAGE) },
  'a header alone': { reason: 'damaged', damage: (file) => truncateSync(file, 100) },
  'a first page of a table that is damaged': { reason: 'damaged', damage: (file) => overwrite(file, PAGE, 6 * PAGE) },
  'a folder': {
    reason: 'unreadable',
    damage: (file) => {
      rmSync(file)
      mkdirSync(file)
    },
  },
  'the database of another application': {
    reason: 'foreign',
    damage: (file) => {
      rmSync(file)
      const db = new DatabaseSync(file)
      db.exec("CREATE TABLE other (text TEXT); INSERT INTO other VALUES ('theirs')")
      db.close()
    },
  },
  'another view': {
    reason: 'foreign',
    damage: (file) => {
      rmSync(file)
      open(file, notes({ name: 'other' })).view.close()
    },
  },
  'other tables under the same name and version': {
    reason: 'foreign',
    damage: (file) => {
      rmSync(file)
      open(file, notes({ schema: 'CREATE TABLE note (id INTEGER PRIMARY KEY)' })).view.close()
    },
  },
}

describe.each(Object.entries(DAMAGE))('%s', (_, { reason, damage }) => {
  test('is set aside, and the view begins empty', () => {
    const file = filled()
    damage(file)
    writeFileSync(`${file}-wal`, 'of the file')
    const { view, told, rows } = open(file)
    expect([told, rows()]).toEqual([[reason], 0])
    expect(existsSync(`${file}.aside`)).toBe(true)
    view.run("INSERT INTO note (text) VALUES ('new')")
    view.close()
    const again = open(file)
    expect([again.told, again.rows()]).toEqual([[], 1])
  })
})

test('of files that were set aside the newest is kept, for a while', () => {
  const file = filled()
  for (const text of ['first', 'second']) {
    writeFileSync(file, text.repeat(100))
    open(file).view.close()
  }
  expect(readFileSync(`${file}.aside`, 'utf8')).toBe('second'.repeat(100))
  expect(readdirSync(folder).filter((name) => name.startsWith(`${files}.sqlite.aside`))).toHaveLength(1)
  dropAside(file, 60_000)
  expect(existsSync(`${file}.aside`)).toBe(true)
  dropAside(file, -1)
  expect(existsSync(`${file}.aside`)).toBe(false)
  dropAside(file, -1)
})

test('a view that is whole is opened as it is, whatever the white space of its schema', () => {
  const file = filled()
  const { told, rows } = open(file, notes({ schema: notes().schema.replaceAll(' (', '\n  (') }))
  expect([told, rows()]).toEqual([[], 2_000])
})

test('a view of another version is replaced, not set aside', () => {
  const file = filled()
  const { told, rows } = open(file, notes({ version: 2 }))
  expect([told, rows(), existsSync(`${file}.aside`)]).toEqual([['version'], 0, false])
})

test('damage that shows only in use is told once and sets the file aside; the next start builds the view again', () => {
  const file = filled()
  overwrite(file, 40 * PAGE, 80 * PAGE)
  const first = open(file)
  expect(first.told).toEqual([])
  const read = () => first.view.all('SELECT text FROM note')
  expect(read).toThrow('malformed')
  expect(read).toThrow('malformed')
  expect([first.told, existsSync(file)]).toEqual([['in use'], false])
  const next = open(file)
  expect([next.told, next.rows()]).toEqual([['damaged'], 0])
})

test('a full disk is named, changes nothing, and is no reason to set the file aside', () => {
  const file = newFile()
  const { view, told, rows } = open(file)
  const [pages] = view.all<{ page_count: number }>('PRAGMA page_count')
  view.all(`PRAGMA max_page_count = ${(pages?.page_count ?? 0) + 1}`)
  const write = () =>
    view.atomically(() => {
      for (let i = 0; i < 100; i++) view.run('INSERT INTO note (text) VALUES (?)', 'much '.repeat(200))
    })
  expect(write).toThrow('database or disk is full')
  expect([told, rows()]).toEqual([[], 0])
  view.all('PRAGMA max_page_count = 10000')
  write()
  expect(rows()).toBe(100)
})
