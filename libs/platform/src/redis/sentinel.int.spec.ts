import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, ServerProcess } from '@beseda/testkit'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { connectRedis } from './connect.js'

const PASSWORD = 'password-of-tests'

/** A server of Redis or a Sentinel on a port, until the test is over. */
async function server(port: number, args: readonly string[]): Promise<ServerProcess> {
  const answers = () => asked(port, (redis) => redis.ping().then((pong) => pong === 'PONG'))
  const started = await ServerProcess.start('redis-server', [...args, '--port', String(port)], answers)
  onTestFinished(() => started.kill())
  return started
}

async function asked<T>(port: number, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ port, password: PASSWORD, lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

test('when the server dies, the client goes on with the one that the Sentinel has made the new one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-sentinel-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const [first = 0, second = 0, sentinel = 0] = await freePorts(3)
  const data = [
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    folder,
    '--requirepass',
    PASSWORD,
    '--masterauth',
    PASSWORD,
  ]
  const master = await server(first, data)
  await server(second, [...data, '--replicaof', `127.0.0.1 ${first}`])
  const config = join(folder, 'sentinel.conf')
  const rules = [
    `monitor beseda 127.0.0.1 ${first} 1`,
    `auth-pass beseda ${PASSWORD}`,
    'down-after-milliseconds beseda 1000',
    'failover-timeout beseda 3000',
  ]
  await writeFile(
    config,
    `dir ${folder}\nrequirepass ${PASSWORD}\n${rules.map((rule) => `sentinel ${rule}\n`).join('')}`,
  )
  await server(sentinel, [config, '--sentinel', '--bind', '127.0.0.1'])
  // A Sentinel that has waited two seconds for the processor would do nothing for half a minute.
  const patient = ['tilt-trigger', '60000', 'tilt-period', '1000']
  await asked(sentinel, (redis) => redis.call('SENTINEL', 'DEBUG', ...patient))
  const status = (port: number) => asked(port, (redis) => redis.info('replication'))
  await expect.poll(() => status(second)).toContain('master_link_status:up')
  const replicas = () => asked(sentinel, (redis) => redis.call('SENTINEL', 'REPLICAS', 'beseda'))
  await expect.poll(async () => JSON.stringify(await replicas())).toContain(`"${second}"`)

  const redisUrl = `redis+sentinel://:${PASSWORD}@127.0.0.1:${sentinel}/beseda`
  const place = { service: 'call', redisUrl, redisPassword: undefined, redisCaFile: undefined }
  const redis = connectRedis(place, pino({ level: 'silent' }))
  onTestFinished(() => redis.disconnect())
  await redis.set('call', 'before')
  expect(await status(first)).toContain('role:master')
  await master.kill()
  await expect.poll(() => redis.set('call', 'after').catch(() => 'not yet')).toBe('OK')
  expect(await status(second)).toContain('role:master')
  expect(await asked(second, (there) => there.get('call'))).toBe('after')
})
