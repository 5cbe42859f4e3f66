import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectRedis } from '@beseda/platform'
import { accepts, freePort, makeCertificate, provision, ServerProcess } from '@beseda/testkit'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'

const START = fileURLToPath(new URL('start.sh', import.meta.url))

/** The server as Compose and the manifests start it, with this environment. */
async function start(environment: Readonly<Record<string, string>>) {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'beseda-redis-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const real = await (await provision()).provideServer('redis-server')
  const env = {
    ...real.env,
    ...environment,
    PATH: `${dirname(real.command)}:${process.env.PATH}`,
    TMPDIR: folder,
    REDIS_PORT: String(port),
  }
  const args = [START, '--bind', '127.0.0.1', '--dir', folder]
  const server = await ServerProcess.run({ command: 'sh', args, env }, [], () => accepts(port))
  onTestFinished(() => server.kill())
  return { port, server }
}

/** How a process of the platform fares with this address: what Redis answers, or why it does not. */
async function told(redisUrl: string, redisPassword?: string, redisCaFile?: string): Promise<string> {
  const redis = connectRedis({ service: 'call', redisUrl, redisPassword, redisCaFile }, pino({ level: 'silent' }))
  const failed = new Promise<string>((resolve) => redis.once('error', ({ message }) => resolve(message)))
  try {
    return await Promise.race([failed, redis.set('call', 'x').catch(({ message }: Error) => message)])
  } finally {
    redis.disconnect()
  }
}

test('a password is asked for, the one before it is accepted while it changes, and neither is an argument', async () => {
  const passwords = { REDIS_PASSWORD: 'word-of-today', REDIS_PASSWORD_BEFORE: 'word-of-yesterday' }
  const { port, server } = await start(passwords)
  const url = `redis://127.0.0.1:${port}`
  for (const password of Object.values(passwords)) expect(await told(url, password)).toBe('OK')
  expect(await told(url)).toMatch(/NOAUTH/)
  expect(await told(url, 'another')).toMatch(/WRONGPASS/)
  if (process.platform !== 'linux') return
  for (const file of ['cmdline', 'environ'])
    expect(await readFile(`/proc/${server.pid}/${file}`, 'utf8')).not.toContain('word-of')
})

test('without a password everybody may who reaches it, as before', async () => {
  const { port } = await start({})
  expect(await told(`redis://127.0.0.1:${port}`)).toBe('OK')
})

test('with TLS a process believes only the authority that it knows, and nobody is answered without TLS', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-redis-tls-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { key, certificate } = await makeCertificate(folder)
  for (const name of ['tls.crt', 'ca.crt']) await copyFile(certificate, join(folder, name))
  await copyFile(key, join(folder, 'tls.key'))
  const { port } = await start({ REDIS_TLS_DIR: folder, REDIS_PASSWORD: 'word-of-tests' })
  const address = `localhost:${port}`
  expect(await told(`rediss://:word-of-tests@${address}`, undefined, certificate)).toBe('OK')
  expect(await told(`rediss://${address}`, 'word-of-tests')).toMatch(/self-signed certificate/)
  expect(await told(`redis://${address}`, 'word-of-tests')).not.toBe('OK')
})
