import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { Beseda } from './client.js'

afterEach(() => void vi.unstubAllGlobals())

test('a client that was closed before it began does not connect', async () => {
  const opened = vi.fn()
  vi.stubGlobal('WebSocket', opened)
  const client = new Beseda({ url: 'http://127.0.0.1:1', token: 'x' })
  client.close()
  expect(await client.events().next()).toEqual({ done: true, value: undefined })
  await setImmediate()
  expect(opened).not.toHaveBeenCalled()
})
