import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { MemoryEventStore } from '../memory.js'
import { counterView } from '../testing/counter-view.js'
import { Projection } from './projection.js'
import { SqliteView } from './sqlite-view.js'

const append = (store: MemoryEventStore, id: string, traceparent = '', subject = 's') =>
  store.append({ stream: 'S', subject, commit: create(CommitSchema, { id, traceparent }) })

function project(store: MemoryEventStore, view = SqliteView.open(':memory:', counterView())) {
  const failures: unknown[] = []
  const projection = new Projection({ store, view, streams: ['S'], onFailure: (error) => failures.push(error) })
  onTestFinished(() => projection.stop())
  projection.start()
  const count = () => projection.view.get<{ n: number }>('SELECT n FROM counter')?.n ?? 0
  return { projection, failures, count }
}

test('is ready when it has folded the log so far, then follows it', async () => {
  const store = new MemoryEventStore()
  await append(store, 'a')
  const { projection, count } = project(store)
  await projection.ready
  expect(count()).toBe(1)
  await append(store, 'b')
  await projection.waitFor('S', 2)
  expect([count(), projection.applied('S')]).toEqual([2, 2])
})

test('a wait ends with the reason of its signal, at once when it was aborted before', async () => {
  const { projection } = project(new MemoryEventStore())
  const later = new AbortController()
  const waiting = projection.waitFor('S', 1, later.signal)
  later.abort(new Error('too long'))
  await expect(waiting).rejects.toThrow('too long')
  await expect(projection.waitFor('S', 1, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
})

test('continues from its checkpoint, and starts over when the epoch is a new one', async () => {
  const store = new MemoryEventStore()
  await append(store, 'a')
  const view = SqliteView.open(':memory:', counterView())
  view.applyBatch('S', (await store.info('S')).epoch, await store.read('S', { afterSeq: 0, limit: 10 }))
  await append(store, 'b')
  const first = project(store, view)
  await first.projection.ready
  expect(first.count()).toBe(2)
  store.drop('S')
  await append(store, 'c')
  const foreign = SqliteView.open(':memory:', counterView())
  foreign.applyBatch('S', 'of another log', await store.read('S', { afterSeq: 0, limit: 10 }))
  const second = project(store, foreign)
  await second.projection.ready
  expect(second.count()).toBe(1)
})

test('a view that claims to have folded more than its stream holds is built again', async () => {
  const store = new MemoryEventStore()
  await append(store, 'a')
  const view = SqliteView.open(':memory:', counterView())
  const { epoch } = await store.info('S')
  const [commit] = await store.read('S', { afterSeq: 0, limit: 1 })
  view.applyBatch('S', epoch, [commit!, { ...commit!, seq: 2 }])
  const { projection, count } = project(store, view)
  await projection.ready
  expect([count(), projection.applied('S')]).toEqual([1, 1])
})

describe('a view that lacks more of the log than it has', () => {
  /** A log with more than is folded without asking, and the file of a view that has folded some of it. */
  async function behind(folded: number) {
    const store = new MemoryEventStore()
    for (let i = 0; i < 1_100; i++) await append(store, `c${i}`)
    const folder = mkdtempSync(join(tmpdir(), 'beseda-projection-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [own, arrived] = [join(folder, 'own'), join(folder, 'arrived')]
    const other = SqliteView.open(arrived, counterView())
    const { epoch } = await store.info('S')
    other.applyBatch('S', epoch, await store.read('S', { afterSeq: 0, limit: folded }))
    other.close()
    return { store, own, arrived, other }
  }

  function start(store: MemoryEventStore, file: string, given: string, definition = counterView()) {
    const view = SqliteView.open(file, definition)
    const taken: boolean[] = []
    const copy = vi.fn(async (replaceBy: (file: string) => boolean) => void taken.push(replaceBy(given)))
    const apply = vi.spyOn(definition, 'apply')
    const projection = new Projection({
      store,
      view,
      streams: ['S'],
      onFailure: (error) => taken.push(error as never),
      copy,
    })
    onTestFinished(() => projection.stop())
    projection.start()
    const count = () => projection.view.get<{ n: number }>('SELECT n FROM counter')?.n ?? 0
    return { projection, copy, taken, apply, count }
  }

  test('goes on from the copy that it is given', async () => {
    const { store, own, arrived } = await behind(1_000)
    const { projection, taken, apply, count } = start(store, own, arrived)
    await projection.ready
    expect([taken, count(), apply.mock.calls.length]).toEqual([[true], 1_100, 100])
    expect(existsSync(arrived)).toBe(false)
  })

  test('reads the log when the copy is of something else', async () => {
    const { store, own, arrived } = await behind(1_000)
    const { projection, taken, count } = start(store, own, arrived, counterView(2))
    await projection.ready
    expect([taken, count()]).toEqual([[false], 1_100])
  })

  test('reads the log when the copy is of another log', async () => {
    const { store, own, arrived } = await behind(1_000)
    store.drop('S')
    for (let i = 0; i < 1_050; i++) await append(store, `other${i}`)
    const { projection, taken, count } = start(store, own, arrived)
    await projection.ready
    expect([taken, count()]).toEqual([[true], 1_050])
  })

  test('is given none when it lacks little, or less than it has', async () => {
    const { store, arrived } = await behind(600)
    const { projection, copy, count } = start(store, arrived, '')
    await projection.ready
    expect([copy.mock.calls.length, count()]).toEqual([0, 1_100])
  })
})

test('a full disk is waited out: the commits are folded when there is room', async () => {
  const store = new MemoryEventStore()
  const view = SqliteView.open(':memory:', counterView())
  const full = Object.assign(new Error('database or disk is full'), { errcode: 13 })
  const onDiskFull = vi.fn()
  const applyAll = vi.spyOn(view, 'applyAll').mockImplementationOnce(() => {
    throw full
  })
  const failures: unknown[] = []
  const onFailure = (error: unknown) => failures.push(error)
  const projection = new Projection({ store, view, streams: ['S'], onFailure, onDiskFull })
  onTestFinished(() => projection.stop())
  projection.start()
  await append(store, 'a')
  await vi.waitFor(() => expect(projection.diskFull).toBe(true))
  await projection.waitFor('S', 1)
  expect([projection.diskFull, failures, applyAll.mock.calls.length]).toEqual([false, [], 2])
  expect(onDiskFull).toHaveBeenCalledExactlyOnceWith(full)
})

test('a commit that cannot be folded is reported, so that the process ends', async () => {
  const store = new MemoryEventStore()
  const { projection, failures } = project(store)
  await projection.ready
  await append(store, 'a', 'break')
  await expect.poll(() => failures).toHaveLength(1)
})

test('listeners hear every commit once it is in the view', async () => {
  const store = new MemoryEventStore()
  const { projection, count } = project(store)
  await projection.ready
  const heard: [number, number][] = []
  projection.onApplied(({ seq }) => heard.push([seq, count()]))
  await append(store, 'a')
  await projection.waitFor('S', 1)
  await expect.poll(() => heard).toEqual([[1, 1]])
})

test('whoever waits for a commit that may come late has it at once, and a prompt one brings it along', async () => {
  const store = new MemoryEventStore()
  const { projection } = project(store, SqliteView.open(':memory:', counterView(1, ['s'])))
  const late = () => projection.view.get<{ n: number }>("SELECT n FROM counter WHERE subject = 'late'")?.n ?? 0
  await projection.ready
  // The log is read once a second; time stands still, so that no test passes by that.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  await append(store, 'a', '', 'late')
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect([late(), projection.applied('S')]).toEqual([0, 0])
  await projection.waitFor('S', 1)
  expect([late(), projection.applied('S')]).toEqual([1, 1])
  await append(store, 'b', '', 'late')
  const prompt = projection.waitFor('S', 3)
  await append(store, 'c')
  await prompt
  expect(late()).toBe(2)
})
