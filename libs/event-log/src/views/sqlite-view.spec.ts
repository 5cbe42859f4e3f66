import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeCommit } from '../codec.js'
import type { StoredCommit } from '../port.js'
import { counterView } from '../testing/counter-view.js'
import { SqliteView } from './sqlite-view.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'beseda-view-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const newFile = () => join(folder, `${++files}.sqlite`)
const stored = (seq: number, traceparent = ''): StoredCommit => {
  const commit = create(CommitSchema, { id: `c${seq}`, traceparent })
  return { stream: 'S', subject: 's', seq, commit, bytes: encodeCommit(commit) }
}
const count = (view: SqliteView) => view.get<{ n: number }>('SELECT n FROM counter')?.n ?? 0

test('the checkpoint is kept with the folded commits when the file is opened again', () => {
  const file = newFile()
  const view = SqliteView.open(file, counterView())
  view.applyBatch('S', 'epoch', [stored(1), stored(2)])
  view.close()
  const again = SqliteView.open(file, counterView())
  expect(again.checkpoint('S')).toEqual({ epoch: 'epoch', seq: 2 })
  expect(count(again)).toBe(2)
  expect(again.checkpoint('other')).toBeUndefined()
})

test('a batch that cannot be folded changes nothing', () => {
  const view = SqliteView.open(newFile(), counterView())
  view.applyBatch('S', 'epoch', [stored(1)])
  expect(() => view.applyBatch('S', 'epoch', [stored(2), stored(3, 'break')])).toThrow('cannot be folded')
  expect([count(view), view.checkpoint('S')?.seq]).toEqual([1, 1])
})

test('a view of another version starts empty, and so does a reset one', () => {
  const file = newFile()
  SqliteView.open(file, counterView(1)).applyBatch('S', 'epoch', [stored(1)])
  const next = SqliteView.open(file, counterView(2))
  expect([count(next), next.checkpoint('S')]).toEqual([0, undefined])
  next.applyBatch('S', 'epoch', [stored(1)])
  const reset = next.reset('requested')
  expect([count(reset), reset.checkpoint('S')]).toEqual([0, undefined])
})

test('what was erased from a view is nowhere in its files once the write-ahead log is cut', async () => {
  const [file, word] = [newFile(), 'pomegranate']
  const view = SqliteView.open(file, counterView())
  const filesWithWord = () =>
    ['', '-wal', '-shm']
      .map((suffix) => file + suffix)
      .filter((path) => existsSync(path) && readFileSync(path).includes(word))
  view.run('INSERT INTO counter VALUES (?, 1)', word.repeat(2_000))
  view.run('INSERT INTO counter VALUES (?, 1)', word)
  await view.cutLog()
  expect(filesWithWord()).toEqual([file])
  view.run('DELETE FROM counter WHERE subject LIKE ?', `${word}%`)
  view.run("INSERT INTO counter VALUES ('of another', 1)")
  expect(filesWithWord()).not.toEqual([])
  await view.cutLog()
  expect(filesWithWord()).toEqual([])
  await view.cutLog()
  expect(count(view)).toBe(1)
})
