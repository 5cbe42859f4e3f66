import { describe, expect, it } from 'vitest'
import { Listener, Room } from './room.mjs'

function listener() {
  const seen = { delivered: [] as number[], duplicates: 0 }
  const one = new Listener({
    onDelivered: (ms: number) => void seen.delivered.push(ms),
    onDuplicate: () => void seen.duplicates++,
  })
  return { one, seen }
}

describe('a listener', () => {
  it('measures from sending to receiving', () => {
    const { one, seen } = listener()
    one.expect('a', 100)
    one.hear('a', 130)
    expect(seen).toEqual({ delivered: [30], duplicates: 0 })
    expect(one.missing).toEqual([])
  })

  it('detects duplicates', () => {
    const { one, seen } = listener()
    one.expect('a', 0)
    one.hear('a', 1)
    one.hear('a', 2)
    expect(seen).toEqual({ delivered: [1], duplicates: 1 })
  })

  it('does not measure messages sent before it joined, but detects their duplicates', () => {
    const { one, seen } = listener()
    one.hear('old', 1)
    one.hear('old', 2)
    expect(seen).toEqual({ delivered: [], duplicates: 1 })
  })

  it('does not wait for a refused message', async () => {
    const { one } = listener()
    one.expect('a', 0)
    const settled = one.settled(60_000)
    one.forget('a')
    await settled
    expect(one.missing).toEqual([])
  })

  it('settles with the last expected message', async () => {
    const { one } = listener()
    one.expect('a', 0)
    one.expect('b', 0)
    const settled = one.settled(60_000)
    one.hear('b', 1)
    one.hear('a', 1)
    await settled
    expect(one.missing).toEqual([])
  })

  it('gives up at the timeout and knows which messages are lost', async () => {
    const { one } = listener()
    one.expect('a', 0)
    await one.settled(5)
    expect(one.missing).toEqual(['a'])
  })
})

describe('a room', () => {
  it('is created by the first visitor; the others join by its invite', async () => {
    const room = new Room(3)
    const accepted: string[] = []
    let opened = 0
    const enter = () =>
      room.enter(
        async () => {
          opened++
          return { groupId: 'g', code: 'c' }
        },
        async (code) => void accepted.push(code),
      )
    expect(await Promise.all([enter(), enter(), enter()])).toEqual(['g', 'g', 'g'])
    expect([opened, accepted]).toEqual([1, ['c', 'c']])
  })

  it('is full at its size, even while visitors are still joining', () => {
    const room = new Room(2)
    const enter = () =>
      void room.enter(
        async () => ({ groupId: '', code: '' }),
        async () => {},
      )
    enter()
    expect(room.full).toBe(false)
    enter()
    expect(room.full).toBe(true)
  })

  it('expects a message at those who are live when it is sent, and withdraws it on a refusal', () => {
    const room = new Room(3)
    const [first, second, late] = [listener().one, listener().one, listener().one]
    room.listeners.add(first).add(second)
    const withdraw = room.announce('a', 0)
    room.listeners.add(late)
    expect([first.missing, second.missing, late.missing]).toEqual([['a'], ['a'], []])
    withdraw()
    expect([first.missing, second.missing]).toEqual([[], []])
  })
})
