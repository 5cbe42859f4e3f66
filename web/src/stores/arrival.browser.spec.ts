import { CursorSchema } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import { afterEach, expect, test, vi } from 'vitest'
import { nextTick } from 'vue'
import type { Conversation } from '../sync/model/model.js'
import { useArrival } from './arrival.js'
import { useChat } from './chat.js'
import { openedPage } from './testing.js'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function opened() {
  const page = openedPage()
  const [arrival, chat] = [useArrival(), useChat()]
  const come = async (id: string) => {
    chat.conversations.set(id, { id, lastActivityAt: 0 } as unknown as Conversation)
    await nextTick()
    return arrival.arrived
  }
  const ready = (...ids: string[]) =>
    page.says('ready', { heads: ids.map((groupId) => create(CursorSchema, { groupId })) } as never)
  return { arrival, come, ready }
}

test('conversations that the server has are shown together, when the last has come', async () => {
  const { arrival, come, ready } = opened()
  ready('a', 'b')
  expect(arrival.arrived).toBe(false)
  expect(await come('a')).toBe(false)
  expect(await come('b')).toBe(true)
})

test('what was kept on the device is shown before the server has said anything', async () => {
  const { come } = opened()
  expect(await come('a')).toBe(true)
})

test('whoever is in no conversation waits for none', () => {
  const { arrival, ready } = opened()
  ready()
  expect(arrival.arrived).toBe(true)
})

test('on a slow network those that are there are shown, and the first of them when there is one', async () => {
  vi.useFakeTimers()
  const { arrival, come, ready } = opened()
  ready('a', 'b')
  expect(await come('a')).toBe(false)
  vi.runOnlyPendingTimers()
  expect(arrival.arrived).toBe(true)
})
