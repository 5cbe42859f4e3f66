import { generateKeyPairSync } from 'node:crypto'
import { newId, Refusal } from '@beseda/kernel'
import { TokenSigner, TokenVerifier } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { createRouterTransport } from '@connectrpc/connect'
import { afterEach, expect, test, vi } from 'vitest'
import { RateLimits } from '../session/limits.js'
import { Authenticator } from './authenticator.js'
import { GuessLimit } from './guess-limit.js'

const MINUTE = 60_000
afterEach(() => vi.useRealTimers())

async function gateway() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] })
  const signer = () => TokenSigner.of(generateKeyPairSync('ed25519').privateKey)
  const [stolen, next] = [await signer(), await signer()]
  let jwks = JSON.stringify(stolen.jwks)
  const verifier = new TokenVerifier(async () => jwks)
  verifier.keepFresh(() => undefined)
  const checks = vi.spyOn(verifier, 'verify')
  const gone = new Set<string>()
  const ended = {
    isComplete: true,
    complete: vi.fn(async () => undefined),
    has: (sessionId: string) => gone.has(sessionId),
  }
  const authenticator = new Authenticator(
    verifier,
    ended,
    createRouterTransport(() => undefined),
    new GuessLimit(new RateLimits()),
  )
  const tokenFor = (ms: number) =>
    stolen.sign('beseda', { sub: newId(), did: newId(), sid: newId() }, new Date(), new Date(Date.now() + ms))
  return {
    tokenFor,
    checks,
    actor: (token: string) => authenticator.actor(token, '127.0.0.1'),
    ended,
    gone,
    withdraw: () => {
      jwks = JSON.stringify(next.jwks)
    },
  }
}

test('a token that was checked is not checked again, until the key that signed it is withdrawn', async () => {
  const { tokenFor, actor, checks, withdraw } = await gateway()
  const token = await tokenFor(60 * MINUTE)
  // The very first fetches the keys.
  await actor(await tokenFor(MINUTE))
  const first = await actor(token)
  expect(await actor(token)).toBe(first)
  expect(checks).toHaveBeenCalledTimes(2)
  withdraw()
  await vi.advanceTimersByTimeAsync(5 * MINUTE)
  await expect(actor(token)).rejects.toEqual(new Refusal(ErrorReason.UNAUTHENTICATED))
})

test('no token is valid for more than ten minutes, whatever it says', async () => {
  const { tokenFor, actor } = await gateway()
  const now = Date.now()
  expect((await actor(await tokenFor(365 * 24 * 60 * MINUTE))).expiresAt).toBe(now + 10 * MINUTE)
  expect((await actor(await tokenFor(5 * MINUTE))).expiresAt).toBe(Math.floor((now + 5 * MINUTE) / 1_000) * 1_000)
})

test('a token of a session that has ended is refused, before and after it was checked', async () => {
  const { tokenFor, actor, gone } = await gateway()
  const token = await tokenFor(5 * MINUTE)
  const { sessionId } = await actor(token)
  gone.add(sessionId)
  await expect(actor(token)).rejects.toEqual(new Refusal(ErrorReason.SESSION_REVOKED))
})

test('no token is accepted before it is known which sessions have ended', async () => {
  const { tokenFor, actor, ended, gone } = await gateway()
  ended.isComplete = false
  ended.complete.mockRejectedValueOnce(new Refusal(ErrorReason.UNAVAILABLE))
  const token = await tokenFor(5 * MINUTE)
  await expect(actor(token)).rejects.toEqual(new Refusal(ErrorReason.UNAVAILABLE))
  const asked = Promise.withResolvers<undefined>()
  ended.complete.mockImplementationOnce(() => asked.promise)
  const waiting = actor(token)
  const [, payload = ''] = token.split('.')
  gone.add((JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid: string }).sid)
  asked.resolve(undefined)
  await expect(waiting).rejects.toEqual(new Refusal(ErrorReason.SESSION_REVOKED))
})
