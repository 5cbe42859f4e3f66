import { beforeEach, describe, expect, test } from 'vitest'
import { Windows } from '../testing/windows.js'
import { Gather } from './gather.js'

let windows: Windows
let sent: string[]
let gather: Gather
beforeEach(() => {
  windows = new Windows()
  windows.stand()
  sent = []
  const publish = (topic: string, frame: Uint8Array) => void sent.push(`${topic}${frame[0]}`)
  gather = new Gather({ publish, ...windows.parts })
})

/** Publishes frames of one byte; a room of a thousand keeps a gateway busy. */
const publish = (topic: string, frames: readonly number[], sockets = 1_000) => {
  for (const frame of frames) gather.publish(topic, new Uint8Array([frame]), sockets)
}

describe('an idle gateway', () => {
  test('sends at once, and no timer runs', () => {
    publish('a', [1])
    expect([sent, windows.open]).toEqual([['a1'], false])
  })

  test('sends small rooms at once, one after another', () => {
    publish('a', [1, 2, 3], 5)
    publish('b', [1, 2], 5)
    expect([sent, windows.open]).toEqual([['a1', 'a2', 'a3', 'b1', 'b2'], false])
  })

  test('is one again when a window has passed in which little was written', () => {
    publish('a', [1])
    windows.pass(1_000)
    publish('a', [2])
    expect([sent, windows.open]).toEqual([['a1', 'a2'], false])
  })
})

describe('a busy gateway', () => {
  test('gathers what comes within the window, and sends it together at its end', () => {
    publish('a', [1, 2, 3])
    publish('b', [1], 5)
    expect([sent, windows.open]).toEqual([['a1'], true])
    windows.end()
    expect(sent).toEqual(['a1', 'a2', 'a3', 'b1'])
  })

  test('gathers again in the next window, and rests when nothing has come', () => {
    publish('a', [1, 2])
    windows.end()
    publish('a', [3])
    expect([sent, windows.open]).toEqual([['a1', 'a2'], true])
    windows.end()
    expect([sent, windows.open]).toEqual([['a1', 'a2', 'a3'], false])
  })

  test('lets nothing wait longer than a window, and what comes later less', () => {
    publish('a', [1, 2])
    const whole = windows.left
    expect(whole).toBeLessThanOrEqual(10)
    windows.pass(whole - 1)
    publish('a', [3])
    expect(windows.left).toBe(1)
    windows.end()
    expect(sent).toEqual(['a1', 'a2', 'a3'])
  })

  test('whose timer is late gathers on: nothing goes ahead of what waits', () => {
    publish('a', [1, 2])
    windows.pass(1_000)
    publish('b', [1], 5)
    expect(sent).toEqual(['a1'])
    windows.end()
    expect(sent).toEqual(['a1', 'a2', 'b1'])
  })

  test('counts the writes of many small rooms together', () => {
    for (let i = 0; i < 250; i++) publish('a', [i], 5)
    expect(sent.length).toBeLessThan(250)
    windows.end()
    expect(sent).toEqual(Array.from({ length: 250 }, (_, i) => `a${i}`))
  })
})

describe('a flush', () => {
  test('sends what waits for the topic, in order, and nothing of other topics', () => {
    publish('a', [1, 2, 3])
    publish('b', [1])
    gather.flush('a')
    expect(sent).toEqual(['a1', 'a2', 'a3'])
    windows.end()
    expect(sent).toEqual(['a1', 'a2', 'a3', 'b1'])
  })

  test('does not let later frames overtake, nor send anything twice', () => {
    publish('a', [1, 2])
    gather.flush('a')
    publish('a', [3])
    publish('b', [1])
    gather.flush('b')
    windows.end()
    windows.end()
    expect(sent.filter((one) => one.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
    expect(sent.filter((one) => one.startsWith('b'))).toEqual(['b1'])
  })

  test('of a topic for which nothing waits does nothing', () => {
    gather.flush('a')
    expect([sent, windows.open]).toEqual([[], false])
  })
})
