import { generateKeyPairSync } from 'node:crypto'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, test } from 'vitest'
import { InstallationSecret } from './secrets.js'
import { TokenSigner, TokenVerifier } from './tokens.js'

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

test('an expired token says so, a forged or broken one does not verify', async () => {
  const ours = await signer()
  const verifier = new TokenVerifier(async () => JSON.stringify(ours.jwks))
  const expired = await ours.sign('beseda', { sub: 'u' }, later(-120_000), later(-60_000))
  expect(await reasonOf(verifier.verify(expired, 'beseda'))).toBe(ErrorReason.TOKEN_EXPIRED)
  const forged = await (await signer()).sign('beseda', { sub: 'u' }, new Date(), later(60_000))
  expect(await reasonOf(verifier.verify(forged, 'beseda'))).toBe(ErrorReason.UNAUTHENTICATED)
  expect(await reasonOf(verifier.verify('not.a.token', 'beseda'))).toBe(ErrorReason.UNAUTHENTICATED)
})

test('unknown keys are asked for again, but not for every forged token', async () => {
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
