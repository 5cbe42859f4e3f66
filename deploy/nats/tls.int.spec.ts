import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectNats } from '@beseda/platform'
import { accepts, freePort, makeCertificate, natsEnvironment, ServerProcess } from '@beseda/testkit'
import { type ConnectionOptions, connect } from '@nats-io/transport-node'
import { expect, onTestFinished, test } from 'vitest'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const old = natsEnvironment().NATS_PASSWORD_PRESENCE ?? ''

/** As a process of the platform connects. */
const presence = (natsUrl: string, more: { password?: string; before?: string; ca?: string } = {}) =>
  connectNats({
    ...{ service: 'presence', natsUrl, natsUser: 'presence', natsPassword: more.password ?? old },
    ...{ natsPasswordBefore: more.before, natsCaFile: more.ca },
  })

/** NATS with a configuration of this folder; `env` changes its passwords. */
async function start(config: string, port: number, store: string, env: Record<string, string> = {}) {
  const args = [
    '--config',
    config,
    '--addr',
    '127.0.0.1',
    '--port',
    String(port),
    '--name',
    'test',
    '--store_dir',
    store,
  ]
  const server = await ServerProcess.start('nats-server', args, () => accepts(port), { ...natsEnvironment(), ...env })
  onTestFinished(() => server.kill())
  return server
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'beseda-nats-tls-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

test('with tls.conf nobody is answered without TLS, and a process believes only the authority that it knows', async () => {
  const [place, port] = [await folder(), await freePort()]
  const { key, certificate } = await makeCertificate(place)
  for (const name of ['tls.crt', 'ca.crt']) await copyFile(certificate, join(place, name))
  await copyFile(key, join(place, 'tls.key'))
  await copyFile(here('nats.conf'), join(place, 'nats.conf'))
  const config = join(place, 'tls.conf')
  await writeFile(config, (await readFile(here('tls.conf'), 'utf8')).replaceAll('"/tls/', `"${place}/`))
  await start(config, port, join(place, 'data'))
  const bus = await presence(`tls://localhost:${port}`, { ca: certificate })
  expect(bus.getServer()).toContain(String(port))
  await bus.flush()
  await bus.close()
  const refusal = (options: ConnectionOptions) =>
    connect({ user: 'presence', pass: old, servers: `localhost:${port}`, reconnect: false, ...options }).then(
      () => 'accepted',
      ({ message, cause }: Error) => `${message} ${cause}`,
    )
  expect(await refusal({ tls: {} })).toMatch(/self-signed certificate/)
  expect(await refusal({ tls: null })).not.toBe('accepted')
})

test('a password changes without an end: processes know both, then the server knows the new one', async () => {
  const [place, port] = [await folder(), await freePort()]
  const before = await start(here('nats.conf'), port, place)
  // First the processes.
  const bus = await presence(`nats://127.0.0.1:${port}`, { password: 'n-new-password', before: old })
  onTestFinished(() => bus.close())
  await bus.flush()
  // Then the server.
  await before.kill('SIGTERM')
  await start(here('nats.conf'), port, place, { NATS_PASSWORD_PRESENCE: 'n-new-password' })
  await expect.poll(() => bus.flush().then(() => 'through')).toBe('through')
  expect(bus.isClosed()).toBe(false)
  // Whoever starts now needs the new one alone.
  const next = await presence(`nats://127.0.0.1:${port}`, { password: 'n-new-password' })
  await next.flush()
  await next.close()
})
