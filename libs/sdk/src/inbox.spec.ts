import { cursorOf, NO_HEADS } from '@beseda/client-protocol'
import { expect, test, vi } from 'vitest'
import type { BesedaEvent } from './events.js'
import { Inbox } from './inbox.js'

const cursor = (messages: number) => cursorOf('tea', 'e', { ...NO_HEADS, messages })
const joined = (groupId: string): BesedaEvent => ({ kind: 'groupJoined', groupId })
const step = (seq: number, ...groups: string[]) => ({
  events: groups.map(joined),
  groupId: 'tea',
  cursor: cursor(seq),
})
function inbox(limit?: number) {
  const listener = { full: vi.fn(), emptier: vi.fn() }
  return { listener, inbox: new Inbox([cursor(0)], listener, limit) }
}

test('a position counts when the last event of its step has been handled, not when it was given', async () => {
  const { inbox: box } = inbox()
  box.put(step(1, 'a', 'b'))
  box.put(step(2, 'c'))
  const handled = []
  for (let i = 0; i < 3; i++) {
    await box.next()
    handled.push(Number(box.handled[0]?.messagesSeq))
  }
  void box.next()
  expect([...handled, Number(box.handled[0]?.messagesSeq)]).toEqual([0, 0, 1, 2])
})

test('a step without events moves the position by itself, and a group that was left has none', async () => {
  const { inbox: box } = inbox()
  box.put(step(5))
  box.put(step(6, 'a'))
  await box.next()
  expect(box.handled).toEqual([cursor(5)])
  box.put({ events: [{ kind: 'groupLeft', groupId: 'tea' }], groupId: 'tea', cursor: null })
  await box.next()
  void box.next()
  expect(box.handled).toEqual([])
})

test('who waits gets the next event, and at the end what is left of them, then the error', async () => {
  const { inbox: box } = inbox()
  const waiting = box.next()
  box.put(step(1, 'a'))
  expect(await waiting).toEqual(joined('a'))
  box.put(step(2, 'b'))
  box.fail(new Error('over'))
  box.put(step(3, 'late'))
  expect(await box.next()).toEqual(joined('b'))
  await expect(box.next()).rejects.toThrow('over')
  const { inbox: other } = inbox()
  const idle = other.next()
  other.close()
  expect(await idle).toBeUndefined()
})

test('with too many events it is full once, and once emptier when half are gone', async () => {
  const { inbox: box, listener } = inbox(4)
  for (let i = 1; i <= 6; i++) box.put(step(i, `g${i}`))
  expect(listener.full).toHaveBeenCalledTimes(1)
  for (let i = 0; i < 3; i++) await box.next()
  expect(listener.emptier).not.toHaveBeenCalled()
  await box.next()
  await box.next()
  expect(listener.emptier).toHaveBeenCalledTimes(1)
})

test('closed, it gives nothing that waits, and counts neither that nor what is in hand', async () => {
  const { inbox: box } = inbox()
  for (let i = 1; i <= 3; i++) box.put(step(i, `g${i}`))
  await box.next()
  await box.next()
  box.close()
  expect(await box.next()).toBeUndefined()
  expect(box.handled).toEqual([cursor(1)])
})

test.each([
  ['close', (box: Inbox) => box.close()],
  ['fail', (box: Inbox) => box.fail(new Error('over'))],
])('after %s, a full one asks for nothing more', async (_, end) => {
  const { inbox: box, listener } = inbox(2)
  for (let i = 1; i <= 3; i++) box.put(step(i, `g${i}`))
  end(box)
  await Promise.allSettled([box.next(), box.next(), box.next(), box.next()])
  expect(listener.emptier).not.toHaveBeenCalled()
})
