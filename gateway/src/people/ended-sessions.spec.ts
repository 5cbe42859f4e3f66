import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EndedSessions } from './ended-sessions.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An identity service that knows these ends, two on a page; a test may add to them, or have it not answer. */
function ending(...sessions: string[]) {
  const identity = { sessions, isAway: false, questions: 0, whenAsked: () => {} }
  const rpc = createRouterTransport(({ service }) => {
    service(IdentityService, {
      listEndedSessions: ({ cursor }) => {
        identity.questions++
        identity.whenAsked()
        if (identity.isAway) throw new ConnectError('away', Code.Unavailable)
        // A cursor beyond the end belongs to a bucket that was replaced: identity begins anew.
        const from = Number(cursor) > identity.sessions.length ? 0 : Number(cursor)
        const page = identity.sessions.slice(from, from + 2)
        const ended = page.map((sessionId) => ({ userId: `of ${sessionId}`, sessionId }))
        const next = from + page.length
        return { ended, cursor: BigInt(next), hasMore: next < identity.sessions.length }
      },
    })
  })
  const told: string[] = []
  const failures: unknown[] = []
  const all = new EndedSessions(
    rpc,
    ({ userId, sessionId }) => told.push(`${userId}: ${sessionId}`),
    (error) => failures.push(error),
  )
  return { all, identity, told, failures }
}

describe('sessions that ended before the gateway started', () => {
  test('are all known once it is complete, page by page', async () => {
    const { all, told } = ending('a', 'b', 'c', 'd', 'e')
    expect([all.isComplete, all.has('a')]).toEqual([false, false])
    await all.complete()
    expect(all.isComplete).toBe(true)
    for (const session of ['a', 'b', 'c', 'd', 'e']) expect(all.has(session)).toBe(true)
    expect(all.has('f')).toBe(false)
    expect(told).toHaveLength(5)
    expect(told[0]).toBe('of a: a')
  })

  test('are asked for once by all who wait, and not again', async () => {
    const { all, identity } = ending('a')
    await Promise.all([all.complete(), all.complete()])
    await all.complete()
    expect(identity.questions).toBe(1)
  })

  test('are unknown while identity does not answer: who waits gets the error, and the next one asks again', async () => {
    const { all, identity } = ending('a')
    identity.isAway = true
    await expect(all.complete()).rejects.toThrow('away')
    expect(all.isComplete).toBe(false)
    identity.isAway = false
    await all.complete()
    expect(all.has('a')).toBe(true)
  })
})

test('a session whose notice was lost is known within five seconds', async () => {
  const { all, identity, told } = ending('a')
  all.start()
  await vi.advanceTimersByTimeAsync(0)
  identity.sessions.push('b')
  await vi.advanceTimersByTimeAsync(5_000)
  expect(told).toEqual(['of a: a', 'of b: b'])
  expect(all.has('b')).toBe(true)
  all.stop()
  identity.sessions.push('c')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(all.has('c')).toBe(false)
})

test('a round that fails is reported and made up for, and what is known stays', async () => {
  const { all, identity, failures } = ending('a')
  all.start()
  await vi.advanceTimersByTimeAsync(0)
  identity.isAway = true
  await vi.advanceTimersByTimeAsync(5_000)
  expect([failures.length, all.isComplete, all.has('a')]).toEqual([1, true, true])
  identity.isAway = false
  identity.sessions.push('b')
  await vi.advanceTimersByTimeAsync(5_000)
  expect(all.has('b')).toBe(true)
  all.stop()
})

test('after the streams were replaced everything is asked for anew, and told once', async () => {
  const { all, identity, told } = ending('a', 'b')
  await all.complete()
  identity.sessions = ['b', 'c']
  all.startOver()
  all.start()
  await vi.advanceTimersByTimeAsync(0)
  expect(told).toEqual(['of a: a', 'of b: b', 'of c: c'])
  all.stop()
})

test('a start over during a question is not undone by its answer', async () => {
  const { all, identity, told } = ending('a', 'b')
  identity.whenAsked = () => {
    identity.whenAsked = () => {}
    all.startOver()
    queueMicrotask(() => {
      identity.sessions = ['c', 'd', 'e']
    })
  }
  await all.complete()
  expect(told).toEqual(['of c: c', 'of d: d', 'of e: e'])
})

test('after the bucket of sessions was created anew, the answer with a smaller cursor is followed', async () => {
  const { all, identity } = ending('a', 'b', 'c')
  await all.complete()
  identity.sessions = ['d']
  all.start()
  await vi.advanceTimersByTimeAsync(0)
  expect(all.has('d')).toBe(true)
  all.stop()
})

test('a session is remembered until its last token has expired', async () => {
  const { all } = ending()
  all.remember('a')
  await vi.advanceTimersByTimeAsync(11 * 60_000 - 1)
  expect(all.has('a')).toBe(true)
  await vi.advanceTimersByTimeAsync(1)
  expect(all.has('a')).toBe(false)
})
