import type { WebSocket } from 'uWebSockets.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SocketWire } from './wire.js'

const KB = 1024
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A stand-in for a socket of uWebSockets.js: it throws when it is touched after its close, as that does. */
function socket() {
  const state = { unsent: 0, sendsAs: 1, isOpen: true, done: [] as string[] }
  const touch = (what: string): void => {
    if (!state.isOpen) throw new Error(`${what} after the close`)
    state.done.push(what)
  }
  const ws = {
    send: () => {
      touch('send')
      return state.sendsAs
    },
    cork: (work: () => void) => {
      touch('cork')
      work()
    },
    subscribe: (topic: string) => touch(`subscribe ${topic}`),
    unsubscribe: (topic: string) => touch(`unsubscribe ${topic}`),
    getBufferedAmount: () => {
      touch('buffered')
      return state.unsent
    },
    end: (code: number, reason: string) => {
      touch(`end ${code} ${reason}`)
      state.isOpen = false
    },
    close: () => {
      touch('close')
      state.isOpen = false
    },
  }
  return { state, wire: new SocketWire(ws as unknown as WebSocket<unknown>, '192.0.2.1') }
}
const resolved = async (promise: Promise<void> | undefined): Promise<boolean> => {
  let isResolved = false
  void promise?.then(() => {
    isResolved = true
  })
  await vi.advanceTimersByTimeAsync(1)
  return isResolved
}

test('a frame that is buffered counts as sent, one that is dropped does not', () => {
  const { state, wire } = socket()
  const sent = [1, 0, 2].map((result) => {
    state.sendsAs = result
    return wire.send(new Uint8Array())
  })
  expect(sent).toEqual([true, true, false])
})

describe('a replay', () => {
  test('does not wait while little is unsent', () => {
    const { state, wire } = socket()
    state.unsent = 64 * KB
    expect(wire.drained()).toBeUndefined()
    expect(wire.waitsSince()).toBe(Number.POSITIVE_INFINITY)
  })

  test('waits until the reader has taken enough, and not from within the drain handler', async () => {
    const { state, wire } = socket()
    state.unsent = 64 * KB + 1
    const [one, two] = [wire.drained(), wire.drained()]
    expect(wire.waitsSince()).toBe(Date.now())
    state.unsent = 64 * KB
    let isResolved = false
    void one?.then(() => {
      isResolved = true
    })
    wire.wrote()
    await Promise.resolve()
    expect(isResolved).toBe(false)
    expect([await resolved(one), await resolved(two)]).toEqual([true, true])
    expect(wire.waitsSince()).toBe(Number.POSITIVE_INFINITY)
  })

  test('that waits for a reader who takes a little at a time is not stalled', async () => {
    const { state, wire } = socket()
    state.unsent = 1_000 * KB
    const drained = wire.drained()
    await vi.advanceTimersByTimeAsync(20_000)
    state.unsent = 900 * KB
    wire.wrote()
    expect(wire.waitsSince()).toBe(Date.now())
    expect(await resolved(drained)).toBe(false)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(wire.waitsSince()).toBe(Date.now() - 20_001)
  })

  test('ends with its socket', async () => {
    for (const end of ['gone', 'cut', 'end'] as const) {
      const { state, wire } = socket()
      state.unsent = 1_000 * KB
      const drained = wire.drained()
      if (end === 'end') wire.end(4000, 'DRAINING')
      else wire[end]()
      expect(await resolved(drained)).toBe(true)
    }
  })
})

test('a socket that has closed is not touched any more', () => {
  const { state, wire } = socket()
  wire.end(4001, 'TOO_SLOW')
  wire.end(4000, 'DRAINING')
  wire.cut()
  wire.follow('topic')
  wire.unfollow('topic')
  wire.wrote()
  let isDone = false
  wire.together(() => {
    isDone = true
  })
  expect([wire.send(new Uint8Array()), wire.buffered(), wire.drained(), isDone]).toEqual([true, 0, undefined, true])
  expect(state.done).toEqual(['end 4001 TOO_SLOW'])
})
