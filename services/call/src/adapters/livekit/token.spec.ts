import { jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { livekitToken } from './token.js'

const api = { key: 'beseda', secret: 'a secret of at least 32 characters' }
const now = new Date('2026-11-30T10:00:00Z')
const expiresAt = new Date('2026-11-30T10:10:00Z')

test('a token is a JWT that the secret verifies, and says who may do what until when', async () => {
  const token = livekitToken(api, { roomJoin: true, room: 'r' }, { now, expiresAt, identity: 'device' })
  const { payload, protectedHeader } = await jwtVerify(token, Buffer.from(api.secret), { currentDate: now })
  expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' })
  expect(payload).toEqual({
    iss: 'beseda',
    sub: 'device',
    nbf: now.getTime() / 1_000 - 60,
    exp: expiresAt.getTime() / 1_000,
    video: { roomJoin: true, room: 'r' },
  })
})

test('another secret, or a changed claim, is no such token', async () => {
  const token = livekitToken(api, {}, { now, expiresAt })
  await expect(jwtVerify(token, Buffer.from('x'.repeat(32)), { currentDate: now })).rejects.toThrow()
  const [head, , signature] = token.split('.')
  const forged = [head, Buffer.from('{"iss":"beseda"}').toString('base64url'), signature].join('.')
  await expect(jwtVerify(forged, Buffer.from(api.secret), { currentDate: now })).rejects.toThrow()
})
