import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

let system: TestSystem
beforeAll(async () => {
  await promisify(execFile)('node_modules/.bin/tsc', ['-b', 'services/presence'], { cwd: ROOT })
  system = await TestSystem.start()
})
afterAll(() => system.stop())

/** A built service as a process of its own. */
function run(env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  const { natsUrl, natsUser = '', natsPassword = '', redisUrl, dataDir } = system.config('presence')
  const child = spawn(process.execPath, ['--import', '@beseda/platform/telemetry', 'services/presence/dist/main.js'], {
    cwd: ROOT,
    env: {
      NATS_URL: natsUrl,
      NATS_USER: natsUser,
      NATS_PASSWORD: natsPassword,
      REDIS_URL: redisUrl,
      DATA_DIR: dataDir,
      PARTITION_COUNT: '2',
      ...env,
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** What it has said until that contains `text`, or else until its end. */
function heard(child: ChildProcessWithoutNullStreams, text?: string): Promise<string> {
  let output = ''
  return new Promise((resolve) => {
    const hear = (chunk: Buffer) => {
      output += chunk.toString()
      if (text && output.includes(text)) resolve(output)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('close', () => resolve(output))
  })
}

test.each(['SIGTERM', 'SIGINT'] as const)('a service ends in order at %s', async (signal) => {
  const service = run()
  await heard(service, 'listening')
  const presence = system.client(PresenceService, { userId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f' })
  await presence.getPresence({ userIds: [] })
  const ended = once(service, 'exit')
  service.kill(signal)
  expect(await ended).toEqual([0, null])
})

// Without handlers a signal would end it here, too, but with the signal's code; the first process of a container would ignore it.
test('a service ends in order while it still waits for the bus', async () => {
  const bus = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void bus.close())
  await once(bus, 'listening')
  const dialled = once(bus, 'connection')
  const service = run({ NATS_URL: `nats://127.0.0.1:${(bus.address() as AddressInfo).port}` })
  await dialled
  const ended = once(service, 'exit')
  service.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

test('a service that cannot understand its configuration ends with 1 and names the variable', async () => {
  const service = run({ HEALTH_PORT: 'many' })
  const said = await heard(service)
  expect(service.exitCode).toBe(1)
  expect(said).toContain('HEALTH_PORT must be a whole number from 0 to 65535, not "many"')
})
