import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
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

/** A built service as a process of its own; resolves when its output contains `text`, or else at its end. */
async function start(
  text: string | undefined,
  env: Record<string, string> = {},
): Promise<ChildProcess & { output: () => string }> {
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
  let output = ''
  const heard = new Promise<void>((resolve) => {
    const hear = (chunk: Buffer) => {
      output += chunk.toString()
      if (text && output.includes(text)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('close', () => resolve())
  })
  await heard
  return Object.assign(child, { output: () => output })
}

test.each(['SIGTERM', 'SIGINT'] as const)('a service ends in order at %s', async (signal) => {
  const service = await start('listening')
  const presence = system.client(PresenceService, { userId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f' })
  await presence.getPresence({ userIds: [] })
  const ended = once(service, 'exit')
  service.kill(signal)
  expect(await ended).toEqual([0, null])
})

test('a service that cannot understand its configuration ends with 1 and names the variable', async () => {
  const service = await start(undefined, { HEALTH_PORT: 'many' })
  expect(service.exitCode).toBe(1)
  expect(service.output()).toContain('HEALTH_PORT must be a whole number from 0 to 65535, not "many"')
})
