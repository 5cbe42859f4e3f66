import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { PORTS } from './ports.mjs'
import { sfuConfig, sfuOf } from './sfu.mjs'

const SECRET = 'f'.repeat(64)

async function place(host: string, url?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-sfu-plan-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const sfu = { secret: join(folder, 'sfu.hex'), config: join(folder, 'sfu.json') }
  await writeFile(sfu.secret, SECRET)
  const web = { port: 8080, host, ...(url ? { url } : {}) }
  return { data: { sfu }, ports: PORTS, web } as unknown as Parameters<typeof sfuOf>[0]
}

test('a node makes no room by itself, and knows one key', () => {
  const config = JSON.parse(sfuConfig({ host: '127.0.0.1', port: 1, tcpPort: 2, udpPort: 3 }, SECRET))
  expect(config).toMatchObject({ port: 1, room: { auto_create: false }, keys: { beseda: SECRET } })
  expect(config.rtc).toMatchObject({ tcp_port: 2, udp_port: 3, use_external_ip: false })
})

test('the page of this machine reaches it at its name, the call service over loopback; the secret is its owner’s', async () => {
  const wanted = await place('127.0.0.1')
  const sfu = await sfuOf(wanted, 'livekit-server')
  expect(sfu?.node).toBe('ws://localhost:7880=http://127.0.0.1:7880')
  expect(sfu?.plan).toMatchObject({ name: 'sfu', args: ['--config', wanted.data.sfu.config] })
  expect(sfu?.plan.args.join(' ')).not.toContain(SECRET)
  expect(await readFile(wanted.data.sfu.config, 'utf8')).toContain(SECRET)
  expect((await stat(wanted.data.sfu.config)).mode & 0o077).toBe(0)
})

test('there is none without a server, for a page over HTTPS, and where the operator names nodes', async () => {
  expect(await sfuOf(await place('127.0.0.1'), undefined)).toBeUndefined()
  expect(await sfuOf(await place('127.0.0.1', 'https://chat.example.org'), 'livekit-server')).toBeUndefined()
  vi.stubEnv('SFU_NODES', 'wss://sfu1.example.org=http://sfu1:7880')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(await sfuOf(await place('127.0.0.1'), 'livekit-server')).toBeUndefined()
})
