import { type Tokens, TokensSchema } from '@beseda/proto/identity/v1/identity_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SessionTokens } from './credentials.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const MINUTE = 60_000
/** By a server whose clock is years away from the one here. */
const MADE_AT = 1_000_000_000_000
function tokens(n: number, lifeMs = 10 * MINUTE): Tokens {
  const claims = btoa(JSON.stringify({ iat: MADE_AT / 1_000, n }))
  const accessExpiresAt = timestampFromMs(MADE_AT + lifeMs)
  return create(TokensSchema, { accessToken: `head.${claims}.x`, refreshToken: `r${n}`, accessExpiresAt })
}

function session() {
  let made = 0
  const refresh = vi.fn(async (_refreshToken: string): Promise<Tokens | undefined> => tokens(++made))
  const renewed = vi.fn(async (_tokens: Tokens) => undefined)
  return { refresh, renewed, credentials: new SessionTokens({ refreshToken: 'r0', renewed }, refresh) }
}

test('all who ask at once share one renewal, and its tokens are kept before any is used', async () => {
  const { credentials, refresh, renewed } = session()
  const kept = Promise.withResolvers<undefined>()
  renewed.mockReturnValueOnce(kept.promise)
  const asked = Promise.all([credentials.access(), credentials.access()])
  await expect.poll(() => renewed.mock.calls.length).toBe(1)
  expect(await Promise.race([asked, 'not yet'])).toBe('not yet')
  kept.resolve(undefined)
  expect(new Set(await asked).size).toBe(1)
  expect(refresh.mock.calls).toEqual([['r0']])
})

test('a token is used for as long as it lives by this clock, then renewed with the newest refresh token', async () => {
  const { credentials, refresh } = session()
  const first = await credentials.access()
  expect(credentials.renewInMs()).toBe(9 * MINUTE)
  vi.advanceTimersByTime(9 * MINUTE - 1)
  expect(await credentials.access()).toBe(first)
  vi.advanceTimersByTime(1)
  expect(await credentials.access()).not.toBe(first)
  expect(refresh.mock.calls).toEqual([['r0'], ['r1']])
})

test('a token that the server refuses is not used again; a renewal that failed is tried again', async () => {
  const { credentials, refresh } = session()
  const first = await credentials.access()
  expect(credentials.refused('an older one')).toBe(true)
  expect(await credentials.access()).toBe(first)
  credentials.refused(first)
  refresh.mockRejectedValueOnce(new Error('away'))
  await expect(credentials.access()).rejects.toThrow('away')
  expect(await credentials.access()).not.toBe(first)
  expect(refresh.mock.calls.map(([token]) => token)).toEqual(['r0', 'r1', 'r1'])
})

test('a pair that could not be kept is used by nobody, and given again before another is asked for', async () => {
  const { credentials, refresh, renewed } = session()
  renewed.mockRejectedValueOnce(new Error('the disk is full'))
  await expect(credentials.access()).rejects.toThrow('the disk is full')
  expect(credentials.renewInMs()).toBeUndefined()
  expect(await credentials.access()).toBe(tokens(1).accessToken)
  expect(renewed.mock.calls.map(([{ refreshToken }]) => refreshToken)).toEqual(['r1', 'r1'])
  expect(refresh.mock.calls).toEqual([['r0']])
})

test('a token that lives shortly is used for half of that', async () => {
  const { credentials, refresh } = session()
  refresh.mockResolvedValueOnce(tokens(1, MINUTE))
  await credentials.access()
  expect(credentials.renewInMs()).toBe(MINUTE / 2)
})
