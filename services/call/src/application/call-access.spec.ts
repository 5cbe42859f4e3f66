import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { afterAll, describe, expect, test } from 'vitest'
import { readCallConfig } from '../config.js'
import { CallAccess } from './call-access.js'
import type { CallRoom } from './ports.js'

const NOW = new Date('2026-11-24T10:00:00Z')
const SERVERS = {
  STUN_URLS: 'stun:turn.example.org:3478',
  TURN_URLS: 'turn:one.example.org:3478?transport=udp, turns:two.example.org:5349?transport=tcp',
  TURN_SECRET: 's3cret',
}
const signed: unknown[] = []
const signer = {
  jwks: { keys: [] },
  sign: async (_: string, claims: unknown) => {
    signed.push(claims)
    return 'token'
  },
}
const sfu = { accessTo: ({ node, generation }: CallRoom) => ({ url: node, token: 'sfu', generation }) }
const iceServers = (env: Record<string, string>) =>
  new CallAccess(signer, readCallConfig(env).ice, sfu).iceServers('ann', NOW)

describe('credentials of TURN servers', () => {
  test('carry the end of their life, one hour from now, and are what the servers compute from the secret', () => {
    const { iceServers: servers, expiresAt } = iceServers(SERVERS)
    const username = `${NOW.getTime() / 1000 + 3_600}:ann`
    const credential = createHmac('sha1', 's3cret').update(username).digest('base64')
    expect(servers).toEqual([
      { urls: ['stun:turn.example.org:3478'], username: '', credential: '' },
      { urls: ['turn:one.example.org:3478?transport=udp'], username, credential },
      { urls: ['turns:two.example.org:5349?transport=tcp'], username, credential },
    ])
    expect(timestampMs(expiresAt) - NOW.getTime()).toBe(3_600_000)
  })

  test('are not made without a secret', () => {
    expect(iceServers({ ...SERVERS, TURN_SECRET: '' }).iceServers).toHaveLength(1)
    expect(iceServers({}).iceServers).toEqual([])
  })
})

test.each([
  ['nobody', false, false, false],
  ['the participant', true, false, true],
  ['the installation', false, true, true],
])(
  'when %s hides addresses, the token for gateways and the answer for the client say so alike',
  async (_, hidden, all, expected) => {
    const access = new CallAccess(signer, readCallConfig({ ...SERVERS, CALLS_RELAY_ONLY: String(all) }).ice, sfu)
    const participants = [{ userId: 'ann', deviceId: 'phone', epoch: 3 }]
    const session = { id: 'call', groupId: 'group', participants } as unknown as Parameters<typeof access.issue>[0]
    const issued = await access.issue(session, { userId: 'ann', deviceId: 'phone' }, hidden, NOW)
    expect(issued.relayOnly).toBe(expected)
    expect(signed.at(-1)).toEqual({ sub: 'ann', did: 'phone', call: 'call', grp: 'group', epo: 3, rel: expected })
  },
)

test.each([
  ['3600', 300_000],
  ['60', 30_000],
])(
  'with credentials of %s s a client asks for new ones after %i ms: long before the token or they end',
  async (ttl, ms) => {
    const access = new CallAccess(signer, readCallConfig({ ...SERVERS, TURN_TTL_S: ttl }).ice, sfu)
    const session = { id: 'call', groupId: 'group', participants: [] } as unknown as Parameters<typeof access.issue>[0]
    const { renewAfterMs } = await access.issue(session, { userId: 'ann', deviceId: 'phone' }, false, NOW)
    expect(renewAfterMs).toBe(ms)
  },
)

test.each([
  ['a life of the credentials that is none', { TURN_TTL_S: 'long' }, /TURN_TTL_S/],
  ['a life of nine seconds', { TURN_TTL_S: '9' }, /TURN_TTL_S/],
  ['relays only, without a relay', { CALLS_RELAY_ONLY: 'true' }, /CALLS_RELAY_ONLY/],
])('%s is refused at the start', (_, env, message) => expect(() => readCallConfig(env)).toThrow(message))

describe('an SFU', () => {
  const folder = mkdtempSync(join(tmpdir(), 'beseda-call-config-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const secret = (text: string) => {
    const file = join(folder, 'secret')
    writeFileSync(file, text)
    return { SFU_NODES: 'wss://a.example.org=http://a:7880', SFU_SECRET_FILE: file }
  }
  const LONG = 'x'.repeat(32)

  test('is there when nodes and their secret are named', () => {
    const { sfu: config, limits } = readCallConfig(secret(`${LONG}\n`))
    expect(config).toMatchObject({ key: 'beseda', secret: LONG, nodes: [{ url: 'wss://a.example.org' }] })
    expect(limits).toEqual({ mesh: 10, most: 50 })
    expect(readCallConfig({ SFU_LIMIT: '50' }).limits).toEqual({ mesh: 10, most: 10 })
  })

  test.each([
    ['without a secret', { SFU_NODES: 'wss://a=http://a' }, /SFU_SECRET_FILE/],
    ['with a short secret', () => secret('short'), /SFU_SECRET_FILE/],
    ['for fewer people than a mesh', () => ({ ...secret(LONG), SFU_LIMIT: '9' }), /SFU_LIMIT/],
    ['for more people than keys are told of in a request', () => ({ ...secret(LONG), SFU_LIMIT: '151' }), /SFU_LIMIT/],
    ['beside a mesh of eleven', { CALLS_MESH_LIMIT: '11' }, /CALLS_MESH_LIMIT/],
  ])('%s is refused at the start', (_, env, message) => {
    expect(() => readCallConfig(typeof env === 'function' ? env() : env)).toThrow(message)
  })
})
