import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { expect, onTestFinished, test, vi } from 'vitest'
import { MemoryEventStore } from './memory.js'
import { Projection } from './projection.js'
import { SqliteView } from './sqlite-view.js'
import { counterView } from './testing/counter-view.js'

const append = (store: MemoryEventStore, id: string, traceparent = '') =>
  store.append({ stream: 'S', subject: 's', commit: create(CommitSchema, { id, traceparent }) })

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
