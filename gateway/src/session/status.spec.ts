import { newId } from '@beseda/kernel'
import { Scope } from '@beseda/proto/common/v1/policy'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { describe, expect, test } from 'vitest'
import type { Actor } from '../auth/actor.js'
import { actorOf, atItsTurn, closed, greeted, madeReady, opened, overdue, type Status, signedIn } from './status.js'

const NOW = 1_000_000
const actor = (change: Partial<Actor> = {}): Actor => ({
  ...{ userId: newId(), deviceId: newId(), sessionId: newId(), expiresAt: NOW + 600_000, scopes: undefined },
  ...change,
})
const must = (status: Status | undefined): Status => {
  if (!status) throw new Error('the transition was refused')
  return status
}
const ann = actor()
const OPENED = opened(NOW)
const GREETED = must(greeted(OPENED, NOW))
const ENTERING = must(signedIn(atItsTurn(GREETED, NOW), ann))
const READY = madeReady(ENTERING)
const CLOSED = closed(READY)
const ALL = { opened: OPENED, greeted: GREETED, entering: ENTERING, ready: READY, closed: CLOSED }

test('one way leads from opening to Ready', () => {
  expect(Object.entries(ALL).map(([name, { kind }]) => [name, kind])).toEqual(
    Object.keys(ALL).map((name) => [name, name]),
  )
})

describe('Hello', () => {
  test.each(['greeted', 'entering', 'ready', 'closed'] as const)('is refused when %s', (kind) => {
    expect(greeted(ALL[kind], NOW)).toBeUndefined()
  })
})

describe('a token', () => {
  test('signs a greeted connection in', () => {
    expect(actorOf(GREETED)).toBeUndefined()
    expect(actorOf(ENTERING)).toBe(ann)
  })

  test.each(['entering', 'ready'] as const)(
    'of the same session is renewed when %s, and nothing else changes',
    (kind) => {
      const newer = { ...ann, expiresAt: NOW + 900_000 }
      expect(signedIn(ALL[kind], newer)).toEqual({ ...ALL[kind], actor: newer })
    },
  )

  test.each(['entering', 'ready'] as const)('of another session is refused when %s', (kind) => {
    expect(signedIn(ALL[kind], actor({ userId: ann.userId }))).toBeUndefined()
  })

  test('that was checked too late changes nothing', () => {
    expect(signedIn(closed(GREETED), ann)).toEqual({ kind: 'closed', actor: undefined })
    expect(signedIn(OPENED, ann)).toBe(OPENED)
  })
})

test('Ready and the turn in the queue change no connection that is elsewhere', () => {
  for (const status of [OPENED, GREETED, READY, CLOSED]) expect(madeReady(status)).toBe(status)
  for (const status of [OPENED, ENTERING, READY, CLOSED]) expect(atItsTurn(status, NOW)).toBe(status)
})

test('a closed connection still knows whose it was', () => {
  expect(actorOf(CLOSED)).toBe(ann)
  expect(actorOf(closed(OPENED))).toBeUndefined()
  expect(closed(CLOSED)).toEqual(CLOSED)
})

describe('a deadline', () => {
  test.each([
    ['without Hello', OPENED, 10_000, CloseCode.TIMEOUT],
    ['in the queue', GREETED, 60_000, CloseCode.TIMEOUT],
    ['while the token is checked', atItsTurn(GREETED, NOW), 30_000, CloseCode.TIMEOUT],
    ['while entering', ENTERING, 30_000, CloseCode.TIMEOUT],
    ['of the token', READY, 600_000, CloseCode.TOKEN_EXPIRED],
  ] as const)('%s', (_, status, ms, code) => {
    expect(overdue(status, NOW + ms - 1)).toBeUndefined()
    expect(overdue(status, NOW + ms)).toBe(code)
  })

  test('of a token that was renewed is that of the newer one', () => {
    const renewed = must(signedIn(READY, { ...ann, expiresAt: NOW + 900_000 }))
    expect(overdue(renewed, NOW + 600_000)).toBeUndefined()
    expect(overdue(renewed, NOW + 900_000)).toBe(CloseCode.TOKEN_EXPIRED)
  })

  test('a closed connection and the token of a bot have none', () => {
    expect(overdue(CLOSED, Number.MAX_SAFE_INTEGER)).toBeUndefined()
    const bot = must(signedIn(GREETED, actor({ scopes: [Scope.READ], expiresAt: NOW })))
    expect(overdue(madeReady(bot), Number.MAX_SAFE_INTEGER)).toBeUndefined()
  })
})
