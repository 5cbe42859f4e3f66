import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { fromBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Connections, type Registered } from './connections.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const HERE = '127.0.0.1'

/** A stand-in for a connection, which keeps what is done to it. */
class FakeConnection implements Registered {
  readonly checks: number[] = []
  closedWith: CloseCode | undefined
  closedAt = 0
  reconnectAfterMs: number | undefined

  constructor(readonly isSignedIn = true) {}

  check(now: number): void {
    this.checks.push(now)
  }
  send(frame: Uint8Array): void {
    const sent = fromBinary(ServerFrameSchema, frame).frame
    if (sent.case === 'reconnect') this.reconnectAfterMs = sent.value.afterMs
  }
  close(code: CloseCode): void {
    if (this.closedWith !== undefined) return
    this.closedWith = code
    this.closedAt = Date.now()
  }
}
const registry = (max = 100, mayOpen = () => true) => new Connections({ max, mayOpen })
function filled(count: number, isSignedIn = true) {
  const connections = registry(10_000)
  const all = Array.from({ length: count }, () => new FakeConnection(isSignedIn))
  for (const one of all) connections.add(one, HERE)
  return { connections, all }
}

describe('another socket', () => {
  test('is accepted up to the most sockets', () => {
    const connections = registry(2)
    const [one, two] = [new FakeConnection(), new FakeConnection(false)]
    connections.add(one, HERE)
    expect(connections.accepts(HERE)).toBe(true)
    connections.add(two, HERE)
    expect([connections.accepts(HERE), connections.size]).toEqual([false, 2])
    connections.remove(one)
    expect([connections.accepts(HERE), connections.size]).toEqual([true, 1])
  })

  test('is refused while the gateway can bring nobody up', () => {
    let mayOpen = false
    const connections = registry(2, () => mayOpen)
    expect(connections.accepts(HERE)).toBe(false)
    mayOpen = true
    expect(connections.accepts(HERE)).toBe(true)
  })

  test('is refused from the moment the gateway drains', async () => {
    const connections = registry()
    const drained = connections.drain(0)
    expect(connections.accepts(HERE)).toBe(false)
    await vi.runAllTimersAsync()
    await drained
  })
})

describe('every connection is checked', () => {
  test('once a second, with the time', async () => {
    const { connections, all } = filled(2)
    const began = Date.now()
    await vi.advanceTimersByTimeAsync(3_000)
    for (const { checks } of all) expect(checks).toEqual([1_000, 2_000, 3_000].map((ms) => began + ms))
    connections.remove(all[0]!)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(all.map(({ checks }) => checks.length)).toEqual([3, 4])
  })

  test('early after 4 MB were published, but not while they are', async () => {
    const { connections, all } = filled(1)
    for (let i = 0; i < 4; i++) connections.published(1024 * 1024 - 1)
    await vi.advanceTimersByTimeAsync(1)
    expect(all[0]!.checks).toHaveLength(0)
    connections.published(4)
    expect(all[0]!.checks).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(all[0]!.checks).toHaveLength(1)
    connections.published(1024 * 1024)
    await vi.advanceTimersByTimeAsync(1)
    expect(all[0]!.checks).toHaveLength(1)
  })
})

test('all signed-in clients are made to resume, spread over the time that the others can bear', async () => {
  const { connections, all } = filled(2_000)
  const stranger = new FakeConnection(false)
  connections.add(stranger, HERE)
  const began = Date.now()
  connections.resumeAll()
  await vi.advanceTimersByTimeAsync(4_000)
  expect(new Set(all.map(({ closedWith }) => closedWith))).toEqual(new Set([CloseCode.RESUME]))
  const seconds = Map.groupBy(all, ({ closedAt }) => Math.floor((closedAt - began) / 1_000))
  for (const { length } of seconds.values()) expect(length).toBeLessThan(700)
  expect(stranger.closedWith).toBeUndefined()
})

describe('a gateway that stops', () => {
  test('tells every client when to leave and closes it a second later, within the time it has', async () => {
    const { connections, all } = filled(5_000)
    const began = Date.now()
    const drained = connections.drain(2_000)
    await vi.advanceTimersByTimeAsync(3_000)
    await drained
    for (const { reconnectAfterMs = -1, closedAt, closedWith } of all) {
      expect(reconnectAfterMs).toBeGreaterThanOrEqual(0)
      expect(reconnectAfterMs).toBeLessThanOrEqual(2_000)
      expect([closedWith, closedAt - began]).toEqual([CloseCode.DRAINING, reconnectAfterMs + 1_000])
    }
  })

  test('closes those that have not signed in as well, without a word before', async () => {
    const { connections, all } = filled(3, false)
    await connections.drain(2_000)
    for (const { closedWith, reconnectAfterMs } of all) {
      expect([closedWith, reconnectAfterMs]).toEqual([CloseCode.DRAINING, undefined])
    }
    const checked = all[0]!.checks.length
    await vi.advanceTimersByTimeAsync(5_000)
    expect(all[0]!.checks).toHaveLength(checked)
  })
})
