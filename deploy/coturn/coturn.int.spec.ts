import { mkdtempSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { accepts, freePorts, makeCertificate, ServerProcess } from '@beseda/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TurnClient, turnUser } from './turn-client.js'

/** A real coturn with the configuration of this folder; only addresses and ports are the test's own. */
const SECRET = 'secret-of-this-test'
const folder = mkdtempSync(join(tmpdir(), 'beseda-turn-'))
/** Containers without IPv6 have no `::1` to relay on. */
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === 'IPv6'))
let server: ServerProcess
let port = 0
let tlsPort = 0
beforeAll(async () => {
  const { key, certificate } = await makeCertificate(folder)
  ;[port = 0, tlsPort = 0] = await freePorts(2)
  server = await ServerProcess.start(
    'turnserver',
    [
      '-c',
      fileURLToPath(new URL('turnserver.conf', import.meta.url)),
      `--static-auth-secret=${SECRET}`,
      '--realm=example.org',
      '--listening-ip=127.0.0.1',
      ...(hasIpv6 ? ['--listening-ip=::1'] : []),
      '--relay-ip=127.0.0.1',
      ...(hasIpv6 ? ['--relay-ip=::1'] : []),
      `--listening-port=${port}`,
      `--tls-listening-port=${tlsPort}`,
      `--cert=${certificate}`,
      `--pkey=${key}`,
      '--user-quota=3',
      `--pidfile=${join(folder, 'pid')}`,
    ],
    async () => (await accepts(port)) && (await accepts(tlsPort)),
  )
})
afterAll(async () => {
  await server?.kill()
  rmSync(folder, { recursive: true })
})

let people = 0
const somebody = (lifeS?: number, secret = SECRET) => turnUser(secret, lifeS, `person-${++people}`)

test('it accepts every line of the configuration', () => {
  expect(server.output).not.toMatch(/unrecognized|unknown|invalid|bad configuration/i)
})

describe('relays', () => {
  test.each([
    ['UDP', () => TurnClient.udp(port, somebody())],
    ['TCP', () => TurnClient.tcp(port, somebody())],
    ['TLS', () => TurnClient.tls(tlsPort, somebody())],
  ])('over %s with credentials of the call service, without disclosing its version', async (_, open) => {
    const client = await open()
    expect(await client.allocate()).toEqual({ error: 0, hasSoftware: false })
    expect((await client.permit('93.184.215.14')).error).toBe(0)
    client.close()
  })

  test.each([
    ['expired credentials', somebody(-1)],
    ['credentials of another secret', somebody(3_600, 'guessed')],
    ['credentials with a forged lifetime', { ...somebody(), username: '99999999999:ann' }],
  ])('not with %s', async (_, user) => {
    const client = await TurnClient.udp(port, user)
    expect((await client.allocate()).error).toBe(401)
    client.close()
  })

  test('no TCP relaying', async () => {
    const client = await TurnClient.tcp(port, somebody())
    expect((await client.allocate(6)).error).toBeGreaterThanOrEqual(400)
    client.close()
  })

  test('one person cannot exceed the quota, and others are not affected', async () => {
    const greedy = somebody()
    const clients = await Promise.all(Array.from({ length: 5 }, () => TurnClient.udp(port, greedy)))
    const errors: number[] = []
    for (const client of clients) errors.push((await client.allocate()).error)
    expect(errors).toEqual([0, 0, 0, 486, 486])
    const other = await TurnClient.udp(port, somebody())
    expect((await other.allocate()).error).toBe(0)
    for (const client of [...clients, other]) client.close()
  })
})

test.each([
  ['this host', '127.0.0.1'],
  ['the private network', '10.1.2.3'],
  ['the private network', '172.16.0.1'],
  ['the private network', '172.31.255.254'],
  ['the private network', '192.168.1.1'],
  ['cloud metadata', '169.254.169.254'],
  ['a carrier network', '100.64.0.1'],
  ['the broadcast address', '255.255.255.255'],
  ['multicast', '224.0.0.1'],
  ['the unspecified address', '0.0.0.0'],
  ['a reserved network', '198.18.0.1'],
])('it gives no access to %s (%s)', async (_, address) => {
  const client = await TurnClient.udp(port, somebody())
  expect((await client.allocate()).error).toBe(0)
  expect((await client.permit(address)).error).toBe(403)
  client.close()
})

describe('over IPv6', () => {
  beforeEach((context) => context.skip(!hasIpv6, 'this machine has no IPv6'))
  async function permit(address: string): Promise<number> {
    const client = await TurnClient.udp(port, somebody())
    expect((await client.allocate(17, 'ipv6')).error).toBe(0)
    const { error } = await client.permit(address)
    client.close()
    return error
  }

  test.each([
    ['UDP', () => TurnClient.udp(port, somebody(), '::1')],
    ['TCP', () => TurnClient.tcp(port, somebody(), '::1')],
    ['TLS', () => TurnClient.tls(tlsPort, somebody(), {}, '::1')],
  ])('a device without IPv4 gets relays to both worlds, over %s', async (_, open) => {
    for (const [family, outside] of [
      ['ipv4', '93.184.215.14'],
      ['ipv6', '2a00:1450:4001:80f::200e'],
    ] as const) {
      const client = await open()
      expect(await client.allocate(17, family)).toEqual({ error: 0, hasSoftware: false })
      expect((await client.permit(outside)).error).toBe(0)
      client.close()
    }
  })

  test('it relays to the outside', async () => expect(await permit('2a00:1450:4001:80f::200e')).toBe(0))

  test.each([
    ['this host', '::1'],
    ['the private network', 'fd00::1'],
    ['the private network', 'fc00:1:2::3'],
    ['the neighbours', 'fe80::1'],
    ['the neighbours', 'febf:ffff::1'],
    ['the private network behind NAT64', '64:ff9b::a01:203'],
    ['a local NAT64', '64:ff9b:1::1'],
    ['the discard prefix', '100::1'],
    ['Teredo', '2001:0:a00:1::1'],
    ['documentation', '2001:db8::1'],
    ['the private network over 6to4', '2002:a00:1::1'],
    ['the private network, as a mapped address', '::ffff:10.0.0.1'],
    ['this host, as a mapped address', '::ffff:127.0.0.1'],
    ['multicast', 'ff02::1'],
  ])('it gives no access to %s (%s)', async (_, address) => expect(await permit(address)).toBe(403))
})

test('TLS older than 1.2 is refused', async () => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
  await expect(TurnClient.tls(tlsPort, somebody(), old)).rejects.toThrow()
})
