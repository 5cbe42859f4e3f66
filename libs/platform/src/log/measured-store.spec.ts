import { LogFull, MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { toWireError } from '@beseda/rpc'
import { create } from '@bufbuild/protobuf'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MeasuredEventStore } from './measured-store.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

class Small extends MemoryEventStore {
  hasRoom = true
  override append(request: Parameters<MemoryEventStore['append']>[0]) {
    return this.hasRoom ? super.append(request) : Promise.reject(new LogFull('insufficient resources'))
  }
}
const request = () => ({ stream: 'S', subject: 's', commit: create(CommitSchema, { id: newId() }) })

test('the log is full from an append that found no room until one that does, or until nobody has tried for a while', async () => {
  const log = new Small()
  const store = new MeasuredEventStore(log, new Registry())
  await store.append(request())
  expect(store.isFull).toBe(false)
  log.hasRoom = false
  const error = await store.append(request()).catch((refused: unknown) => refused)
  expect([store.isFull, toWireError(error)]).toMatchObject([
    true,
    { code: 'resource_exhausted', info: { reason: ErrorReason.NO_ROOM } },
  ])
  log.hasRoom = true
  await store.append(request())
  expect(store.isFull).toBe(false)
  log.hasRoom = false
  await store.append(request()).catch(() => undefined)
  vi.advanceTimersByTime(61_000)
  expect(store.isFull).toBe(false)
})
