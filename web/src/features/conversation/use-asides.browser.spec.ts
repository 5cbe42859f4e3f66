import { ListCallsResponseSchema, ListSystemEventsResponseSchema } from '@beseda/proto/history/v1/history_service'
import { create } from '@bufbuild/protobuf'
import { afterEach, expect, test, vi } from 'vitest'
import { effectScope, type Ref, shallowRef } from 'vue'
import { connection, history } from '../../net/index.js'
import { openedPage } from '../../stores/testing.js'
import type { Conversation } from '../../sync/model/model.js'
import { useAsides } from './use-asides.js'

const status = connection.status as Ref<string>
const before = status.value
let stop: () => void = () => undefined
afterEach(() => {
  stop()
  status.value = before
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A conversation that is opened while the connection is like this, and what the server is asked for. */
function opened(now: string) {
  openedPage()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  status.value = now
  const [events, calls] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const asked = vi.spyOn(history, 'listSystemEvents').mockImplementation(async () => {
    await events.promise
    return create(ListSystemEventsResponseSchema)
  })
  vi.spyOn(history, 'listCalls').mockImplementation(async () => {
    await calls.promise
    return create(ListCallsResponseSchema)
  })
  const scope = effectScope()
  stop = () => scope.stop()
  const conversation = shallowRef({ id: 'g', messages: undefined } as unknown as Conversation)
  const { ready } = scope.run(() => useAsides('g', conversation)) as ReturnType<typeof useAsides>
  return { ready, events, calls, asked }
}

test('messages wait for what stands between them, which is asked for at once', async () => {
  const { ready, events, calls, asked } = opened('live')
  const frame = () => new Promise(requestAnimationFrame)
  while (asked.mock.calls.length === 0) await frame()
  expect(ready.value).toBe(false)
  calls.resolve()
  events.resolve()
  while (!ready.value) await frame()
})

test('they do not wait for an answer that is slow', async () => {
  const { ready } = opened('live')
  expect(ready.value).toBe(false)
  vi.runOnlyPendingTimers()
  expect(ready.value).toBe(true)
})

test('they wait for nothing without a network', () => {
  expect(opened('reconnecting').ready.value).toBe(true)
})
