import { generateKeyPairSync, scrypt } from 'node:crypto'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { afterEach, expect, test, vi } from 'vitest'
import { InstallationSecret } from './secret.js'
import { TokenSigner, TokenVerifier } from './tokens.js'

afterEach(() => vi.useRealTimers())

const signer = () => TokenSigner.of(generateKeyPairSync('ed25519').privateKey)
const later = (ms: number) => new Date(Date.now() + ms)
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error instanceof Refusal ? error.reason : error),
  )

test('a signed token verifies for its audience only', async () => {
  const ours = await signer()
  const verifier = new TokenVerifier(async () => JSON.stringify(ours.jwks))
  const token = await ours.sign('beseda', { sub: 'u', sid: 's' }, new Date(), later(60_000))
  expect(await verifier.verify(token, 'beseda')).toMatchObject({ sub: 'u', sid: 's' })
  expect(await reasonOf(verifier.verify(token, 'call'))).toBe(ErrorReason.UNAUTHENTICATED)
})

test('a token is signed while every thread of the pool hashes passwords', async () => {
  const ours = await signer()
  let hashed = 0
  const hashes = Array.from(
    { length: 16 },
    () => new Promise<void>((resolve) => scrypt('password', 'salt', 32, { N: 2 ** 14 }, () => resolve(void hashed++))),
  )
  await ours.sign('beseda', { sub: 'u' }, new Date(), later(60_000))
  expect(hashed).toBe(0)
  await Promise.all(hashes)
})

test('an expired token says so, a forged or broken one does not verify', async () => {
  const ours = await signer()
  const verifier = new TokenVerifier(async () => JSON.stringify(ours.jwks))
  const expired = await ours.sign('beseda', { sub: 'u' }, later(-120_000), later(-60_000))
  expect(await reasonOf(verifier.verify(expired, 'beseda'))).toBe(ErrorReason.TOKEN_EXPIRED)
  const forged = await (await signer()).sign('beseda', { sub: 'u' }, new Date(), later(60_000))
  expect(await reasonOf(verifier.verify(forged, 'beseda'))).toBe(ErrorReason.UNAUTHENTICATED)
  expect(await reasonOf(verifier.verify('not.a.token', 'beseda'))).toBe(ErrorReason.UNAUTHENTICATED)
})

test('a token with an unknown key makes the keys fetched again, but not every forged token does', async () => {
  const ours = await signer()
  let fetches = 0
  const verifier = new TokenVerifier(async () => {
    fetches++
    return JSON.stringify(ours.jwks)
  })
  const forged = await (await signer()).sign('beseda', { sub: 'u' }, new Date(), later(60_000))
  for (let i = 0; i < 10; i++) await reasonOf(verifier.verify(forged, 'beseda'))
  expect(fetches).toBe(1)
})

/** A service whose keys change or that does not answer, and a verifier that keeps its keys fresh. */
async function published() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  const [old, next] = [await signer(), await signer()]
  const service = { answer: async () => JSON.stringify(old.jwks), asked: 0 }
  const failures: unknown[] = []
  const verifier = new TokenVerifier(() => {
    service.asked++
    return service.answer()
  })
  const stop = verifier.keepFresh((error) => failures.push(error))
  const tokenOf = (by: typeof old) => by.sign('beseda', { sub: 'u' }, new Date(), later(60_000))
  const outcome = async (by: typeof old) => reasonOf(verifier.verify(await tokenOf(by), 'beseda'))
  return { old, next, service, failures, verifier, stop, outcome }
}
const FIVE_MINUTES = 5 * 60_000

test('a withdrawn key is trusted for five minutes at most, even when no token has an unknown key', async () => {
  const { old, next, service, verifier, stop, outcome } = await published()
  expect(await outcome(old)).toBe('accepted')
  const { generation } = verifier
  service.answer = async () => JSON.stringify(next.jwks)
  expect(await outcome(old)).toBe('accepted')
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  expect(service.asked).toBe(2)
  expect(await outcome(old)).toBe(ErrorReason.UNAUTHENTICATED)
  expect(await outcome(next)).toBe('accepted')
  expect(verifier.generation).not.toBe(generation)
  stop()
  const { asked } = service
  await vi.advanceTimersByTimeAsync(2 * FIVE_MINUTES)
  expect(service.asked).toBe(asked)
})

test('while fetches fail the last keys stay in use, also after tokens with an unknown key', async () => {
  const { old, next, service, failures, verifier, outcome } = await published()
  expect(await outcome(old)).toBe('accepted')
  const { generation } = verifier
  const down = new Error('no answer')
  service.answer = () => Promise.reject(down)
  await vi.advanceTimersByTimeAsync(3 * FIVE_MINUTES)
  expect(failures.length).toBeGreaterThan(10)
  expect(await outcome(next)).toBe(down)
  expect(await outcome(old)).toBe('accepted')
  service.answer = async () => JSON.stringify(old.jwks)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(await outcome(old)).toBe('accepted')
  expect(verifier.generation).toBe(generation)
})

test('many tokens at once share a fetch, and wait for none when keys are known', async () => {
  const { old, service, outcome } = await published()
  expect(new Set(await Promise.all(Array.from({ length: 50 }, () => outcome(old))))).toEqual(new Set(['accepted']))
  expect(service.asked).toBe(1)
  service.answer = () => new Promise(() => {})
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  expect(service.asked).toBe(2)
  expect(await outcome(old)).toBe('accepted')
})

test('only Ed25519 keys sign', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  await expect(TokenSigner.of(rsa)).rejects.toThrow(/Ed25519/)
})

test('every purpose has its own key, and a short secret is refused', () => {
  const secret = InstallationSecret.of(Buffer.alloc(32, 7))
  expect(secret.hash('invite', 'x')).toEqual(secret.hash('invite', 'x'))
  expect(secret.hash('invite', 'x')).not.toEqual(secret.hash('turn', 'x'))
  expect(() => InstallationSecret.of(Buffer.alloc(16))).toThrow(/at least 32 bytes/)
})
