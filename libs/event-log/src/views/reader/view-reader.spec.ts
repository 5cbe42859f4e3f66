import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { SqliteView } from '../sqlite-view.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'beseda-reader-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const definition = { name: 'notes', version: 1, schema: 'CREATE TABLE note (text TEXT)', apply: () => undefined }
let files = 0

function open(file = join(folder, `${++files}.sqlite`)) {
  const told: unknown[] = []
  const view = SqliteView.open(file, definition, { damaged: (error) => told.push(error) })
  onTestFinished(async () => {
    await view.stopReading()
    view.close()
  })
  return { file, view, told }
}

/** Counts up to `n`: long enough that others come before it has ended. */
const counting = (view: SqliteView, n: number, signal?: AbortSignal) =>
  view.allSlowly<{ last: number }>(
    'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT MAX(i) AS last FROM n',
    [n],
    signal,
  )

test('a slow query sees what is in the view when it is asked, as often as it is asked', async () => {
  const { view } = open()
  for (const text of ['one', 'two', 'three']) {
    view.run('INSERT INTO note VALUES (?)', text)
    const rows = await view.allSlowly<{ text: string }>('SELECT text FROM note ORDER BY rowid DESC LIMIT ?', [1])
    expect(rows.map((row) => row.text)).toEqual([text])
  }
})

test('the view answers others while a slow query runs; those who are too many are refused, and the rest is answered', async () => {
  const { view } = open()
  const asked = Array.from({ length: 100 }, () => counting(view, 100_000).catch((error: unknown) => error))
  expect(view.all('SELECT 1 FROM note')).toEqual([])
  const answers = await Promise.all(asked)
  const refused = answers.filter((answer) => answer instanceof Refusal)
  expect(refused.map(({ reason, retryAfterMs }) => [reason, retryAfterMs])).toEqual(
    Array.from({ length: 35 }, () => [ErrorReason.RATE_LIMITED, 3_000]),
  )
  expect(answers.filter((answer) => !(answer instanceof Refusal))).toEqual(
    Array.from({ length: 65 }, () => [{ last: 100_000 }]),
  )
  expect(await counting(view, 5)).toEqual([{ last: 5 }])
})

test('a query whose caller has gone is not begun', async () => {
  const { view } = open()
  const gone = new AbortController()
  const first = counting(view, 1_000_000)
  const second = counting(view, 1_000_000, gone.signal)
  gone.abort(new Error('too long'))
  await expect(second).rejects.toThrow('too long')
  expect(await first).toEqual([{ last: 1_000_000 }])
})

test('an error of a query is the error of its caller, and the next query is answered', async () => {
  const { view, told } = open()
  await expect(view.allSlowly('SELECT * FROM missing', [])).rejects.toThrow('no such table: missing')
  expect([await counting(view, 3), told]).toEqual([[{ last: 3 }], []])
})

test('it only reads', async () => {
  const { view } = open()
  await expect(view.allSlowly("INSERT INTO note VALUES ('x')", [])).rejects.toThrow('readonly')
})

test('damage that a slow query meets is told, as that which any other meets', async () => {
  const { file, view: first } = open()
  for (let i = 0; i < 2_000; i++) first.run('INSERT INTO note VALUES (?)', `${i} `.repeat(80))
  await first.cutLog()
  const damaged = `${file}.damaged`
  writeFileSync(damaged, readFileSync(file).fill(0xa5, 40 * 4_096, 80 * 4_096))
  const { view, told } = open(damaged)
  await expect(view.allSlowly('SELECT text FROM note', [])).rejects.toThrow('malformed')
  expect(told).toEqual([expect.objectContaining({ errcode: 11 })])
})

test('who waits for a view that is closed is told', async () => {
  const { view } = open()
  const asked = [counting(view, 1_000_000), counting(view, 1)]
  const outcomes = Promise.allSettled(asked)
  await view.stopReading()
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})
