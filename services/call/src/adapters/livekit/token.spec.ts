import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { livekitToken } from './token.js'

/** That a node takes them is shown in services/sfu.int.spec.ts. */
const api = { key: 'beseda', secret: 'a secret of at least 32 characters' }
const now = new Date('2026-11-30T10:00:00Z')
const expiresAt = new Date('2026-11-30T10:10:00Z')
const read = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString())

test('a token is a JWT that says who may do what until when, signed with the secret', () => {
  const token = livekitToken(api, { roomJoin: true, room: 'r' }, { now, expiresAt, identity: 'device' })
  const [head, claims, signature] = token.split('.')
  expect(read(head)).toEqual({ alg: 'HS256', typ: 'JWT' })
  expect(read(claims)).toEqual({
    iss: 'beseda',
    sub: 'device',
    nbf: now.getTime() / 1_000 - 60,
    exp: expiresAt.getTime() / 1_000,
    video: { roomJoin: true, room: 'r' },
  })
  const hmac = (secret: string) => createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url')
  expect(signature).toBe(hmac(api.secret))
  expect(signature).not.toBe(hmac('another secret of 32 characters!!'))
})

test('the service itself is nobody in a room', () => {
  expect(read(livekitToken(api, { roomCreate: true }, { now, expiresAt }).split('.')[1])).not.toHaveProperty('sub')
})
