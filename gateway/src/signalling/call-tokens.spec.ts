import { generateKeyPairSync } from 'node:crypto'
import { newId, Refusal } from '@beseda/kernel'
import { TokenSigner, TokenVerifier } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { FakeSocket } from '../testing/fixture.js'
import { CallTokens } from './call-tokens.js'

const MINUTE = 60_000
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})
const signer = () => TokenSigner.of(generateKeyPairSync('ed25519').privateKey)

/** Real tokens, signed and verified as the call service and the gateway do. */
async function tokens() {
  const [first, second] = [await signer(), await signer()]
  const keys = { jwks: JSON.stringify(first.jwks) }
  const verifier = new TokenVerifier(async () => keys.jwks)
  // The first token fetches the keys.
  await verifier.verify(await first.sign('call', {}, new Date(), new Date(Date.now() + MINUTE)), 'call')
  const verify = vi.spyOn(verifier, 'verify')
  const socket = new FakeSocket()
  const claims = { sub: socket.userId, did: socket.deviceId, call: newId(), grp: newId(), epo: 1, rel: false }
  const sign = (change: object = {}, ms = 10 * MINUTE, by = first) =>
    by.sign('call', { ...claims, ...change }, new Date(), new Date(Date.now() + ms))
  return { all: new CallTokens(verifier), verify, verifier, socket, claims, sign, keys, second }
}

describe('a call token', () => {
  test('is verified once for all frames of a socket, those sent together included', async () => {
    const { all, verify, socket, claims, sign } = await tokens()
    const token = await sign({ rel: true })
    const found = await Promise.all(Array.from({ length: 40 }, () => all.claims(socket, token, Date.now())))
    await all.claims(socket, token, Date.now())
    expect(verify).toHaveBeenCalledTimes(1)
    const expected = { callId: claims.call, groupId: claims.grp, relayOnly: true, epoch: 1 }
    for (const one of found) expect(one).toMatchObject(expected)
  })

  test('that replaces another is verified, and its claims count', async () => {
    const { all, verify, socket, sign } = await tokens()
    await all.claims(socket, await sign(), Date.now())
    const next = await sign({ epo: 2 })
    expect((await all.claims(socket, next, Date.now())).epoch).toBe(2)
    expect(verify).toHaveBeenCalledTimes(2)
  })

  test('is verified for each socket, and refused for a device that it was not made for', async () => {
    const { all, socket, sign } = await tokens()
    const token = await sign()
    await all.claims(socket, token, Date.now())
    const unauthenticated = new Refusal(ErrorReason.UNAUTHENTICATED)
    await expect(all.claims(new FakeSocket(socket.userId), token, Date.now())).rejects.toEqual(unauthenticated)
    await expect(all.claims(new FakeSocket(), token, Date.now())).rejects.toEqual(unauthenticated)
  })

  test('is refused after its end, although it was verified before', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { all, socket, sign } = await tokens()
    const token = await sign({}, 10 * MINUTE)
    await all.claims(socket, token, Date.now())
    vi.setSystemTime(Date.now() + 11 * MINUTE)
    await expect(all.claims(socket, token, Date.now())).rejects.toEqual(new Refusal(ErrorReason.TOKEN_EXPIRED))
  })

  test('is verified again when the keys have changed', async () => {
    const { all, socket, sign, keys, second, verifier } = await tokens()
    const token = await sign()
    await all.claims(socket, token, Date.now())
    keys.jwks = JSON.stringify(second.jwks)
    // A token of the new key has the verifier fetch the keys; it does so again 5 s after the last time at the earliest.
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + MINUTE)
    const newer = await sign({}, 10 * MINUTE, second)
    await verifier.verify(newer, 'call')
    vi.restoreAllMocks()
    await expect(all.claims(socket, token, Date.now())).rejects.toEqual(new Refusal(ErrorReason.UNAUTHENTICATED))
  })

  test.each([
    ['a call', { call: 7 }],
    ['a group', { grp: undefined }],
    ['a stay', { epo: 'one' }],
  ])('without %s is refused', async (_, change) => {
    const { all, socket, sign } = await tokens()
    const token = await sign(change)
    await expect(all.claims(socket, token, Date.now())).rejects.toEqual(new Refusal(ErrorReason.UNAUTHENTICATED))
  })

  test('that was refused is verified again: the keys may have been missing', async () => {
    const { all, verify, socket, sign } = await tokens()
    const token = await sign()
    verify.mockRejectedValueOnce(new Refusal(ErrorReason.UNAVAILABLE))
    await expect(all.claims(socket, token, Date.now())).rejects.toEqual(new Refusal(ErrorReason.UNAVAILABLE))
    expect(await all.claims(socket, token, Date.now())).toMatchObject({ epoch: 1 })
  })
})
