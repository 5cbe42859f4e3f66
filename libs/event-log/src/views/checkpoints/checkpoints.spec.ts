import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { SqliteView } from '../sqlite-view.js'
import { Checkpoints } from './checkpoints.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'beseda-checkpoints-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const definition = { name: 'notes', version: 1, schema: 'CREATE TABLE note (text TEXT)', apply: () => undefined }
let files = 0

function start() {
  const file = join(folder, `${++files}.sqlite`)
  const observer = { failed: vi.fn(), died: vi.fn() }
  const checkpoints = new Checkpoints(observer)
  onTestFinished(async () => {
    await checkpoints.stop()
    expect(observer.died).not.toHaveBeenCalled()
  })
  const view = SqliteView.open(file, definition, {}, checkpoints)
  const logSize = () => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  return { file, checkpoints, observer, view, logSize }
}

function write(view: SqliteView, megabytes: number): void {
  for (let i = 0; i < megabytes; i++) view.run('INSERT INTO note VALUES (hex(zeroblob(500000)))')
}

const pagesOf = (view: SqliteView) =>
  view.get<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)') ?? { log: 0, checkpointed: 0 }

test('what is written moves into the file by itself; the writer never starts the log over, which would wait for the disk', async () => {
  const { view, observer } = start()
  write(view, 5)
  await expect.poll(() => pagesOf(view).checkpointed).toBeGreaterThan(1_000)
  const { log, checkpointed } = pagesOf(view)
  expect(checkpointed).toBe(log)
  view.run("INSERT INTO note VALUES ('one more')")
  expect(pagesOf(view).log).toBeGreaterThan(log)
  expect(observer.failed).not.toHaveBeenCalled()
})

test('a long log is cut by itself', async () => {
  const { view, logSize } = start()
  write(view, 70)
  await expect.poll(logSize).toBeLessThan(10_000)
  expect(view.all('SELECT 1 FROM note')).toHaveLength(70)
})

test('a cut leaves nothing of what was erased in the files, and nothing to do for the next one', async () => {
  const { file, view, logSize } = start()
  const word = 'pomegranate'
  const filesWithWord = () =>
    ['', '-wal', '-shm'].filter((suffix) => existsSync(file + suffix) && readFileSync(file + suffix).includes(word))
  view.run('INSERT INTO note VALUES (?)', word.repeat(5_000))
  view.run('DELETE FROM note')
  expect(filesWithWord()).toEqual(['-wal'])
  expect(await view.cutLog()).toBe(true)
  expect(filesWithWord()).toEqual([])
  const { mtimeMs } = statSync(`${file}-wal`)
  expect(await view.cutLog()).toBe(true)
  expect([statSync(`${file}-wal`).mtimeMs, logSize() > 0]).toEqual([mtimeMs, true])
})

test('folding pauses while the log is cut, and only then', async () => {
  const { file, view } = start()
  write(view, 1)
  const told = vi.spyOn(Worker.prototype, 'postMessage')
  onTestFinished(() => told.mockRestore())
  await view.cutLog()
  expect(told.mock.calls).toEqual([[expect.objectContaining({ kind: 'cut', file })], [{ kind: 'held', file }]])
  expect(view.held()).toBeUndefined()
})

test('a view that is made anew is kept as the one before; in the end the write-ahead log is gone', async () => {
  const { file, view, checkpoints, logSize } = start()
  write(view, 5)
  await expect.poll(() => pagesOf(view).checkpointed).toBeGreaterThan(1_000)
  const again = view.reset('requested')
  write(again, 6)
  await expect.poll(() => pagesOf(again).checkpointed).toBeGreaterThan(1_000)
  expect(again.all('SELECT 1 FROM note')).toHaveLength(6)
  again.close()
  await checkpoints.stop()
  expect([existsSync(`${file}-wal`), logSize()]).toEqual([false, 0])
  const next = SqliteView.open(file, definition)
  expect(next.all('SELECT 1 FROM note')).toHaveLength(6)
  next.close()
})

test('a failure is told, and others go on', async () => {
  const { file, view, checkpoints, observer } = start()
  const broken = `${file}.broken`
  writeFileSync(broken, 'no database '.repeat(1_000))
  checkpoints.keep(broken)
  await expect.poll(() => observer.failed.mock.calls[0]).toEqual([broken, 'file is not a database'])
  expect(await checkpoints.cut(broken)).toBe(false)
  write(view, 5)
  await expect.poll(() => pagesOf(view).checkpointed).toBeGreaterThan(1_000)
})
