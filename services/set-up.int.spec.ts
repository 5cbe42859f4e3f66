import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { EPOCH } from '@beseda/event-log'
import { PARTITIONS } from '@beseda/history'
import { IDENTITY_STREAM } from '@beseda/proto'
import { type NatsUser, startNatsCluster, TestSystem } from '@beseda/testkit'
import { jetstreamManager } from '@nats-io/jetstream'
import { beforeAll, expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SERVICES = ['identity', 'group', 'membership', 'call', 'notify'] as const
/** Those that are told of the partitions by different streams. */
const ONE_OF_EACH = ['identity', 'membership'] as const

// Processes of their own, which take their time on a busy machine.

beforeAll(async () => {
  await promisify(execFile)('node_modules/.bin/tsc', ['-b', ...SERVICES.map((name) => `services/${name}`)], {
    cwd: ROOT,
  })
})

async function systemWithoutLog(): Promise<TestSystem> {
  const system = await TestSystem.withoutLog()
  onTestFinished(() => system.stop())
  return system
}

interface Running {
  readonly child: ChildProcess
  readonly output: () => string
  /** Resolves when the output contains the text; rejects when the process ends before. */
  says(text: string): Promise<void>
}

function run(args: readonly string[], env: Record<string, string>): Running {
  const child = spawn(process.execPath, args, { cwd: ROOT, env })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      child.emit('said')
    })
  }
  const says = async (text: string) => {
    while (!output.includes(text)) {
      if (child.exitCode !== null) throw new Error(`it ended without saying "${text}":\n${output}`)
      await Promise.race([once(child, 'said'), once(child, 'close')])
    }
  }
  return { child, output: () => output, says }
}

/** A built service, as in an installation with these settings. */
function start(system: TestSystem, name: (typeof SERVICES)[number], env: Record<string, string> = {}): Running {
  const { natsUrl, natsUser = '', natsPassword = '', redisUrl, ...files } = system.config(name)
  return run(['--import', '@beseda/platform/telemetry', `services/${name}/dist/main.js`], {
    NATS_URL: natsUrl,
    NATS_USER: natsUser,
    NATS_PASSWORD: natsPassword,
    REDIS_URL: redisUrl,
    DATA_DIR: `${files.dataDir}-${name}`,
    SIGNING_KEY_FILE: files.signingKeyFile ?? '',
    SECRET_FILE: files.secretFile ?? '',
    PARTITION_COUNT: '2',
    ...env,
  })
}

/** The set-up of an installation with these settings; its code and all that it says. */
async function setUp(
  url: string,
  env: Record<string, string>,
  credentials?: { readonly user: string; readonly pass: string },
) {
  const user = credentials ? { NATS_USER: credentials.user, NATS_PASSWORD: credentials.pass } : {}
  const { child, output } = run(['tools/setup-log.mjs'], { NATS_URL: url, ...user, ...env })
  const [code] = child.exitCode === null ? await once(child, 'close') : [child.exitCode]
  return { code, said: output() }
}
const setUpOf = ({ nats }: TestSystem, env: Record<string, string>) =>
  setUp(nats.url, env, nats.credentials('admin' satisfies NatsUser))

test('services that start before the set-up say once that they wait for the log, and then begin', async () => {
  const system = await systemWithoutLog()
  const services = SERVICES.map((name) => start(system, name))
  await Promise.all(services.map(({ says }) => says('the log is not set up yet')))
  expect(await setUpOf(system, { PARTITION_COUNT: '2' })).toMatchObject({ code: 0 })
  await Promise.all(services.map(({ says }) => says('"listening"')))
  for (const { output } of services) {
    expect(output().split('not set up yet')).toHaveLength(2)
    expect(output()).not.toContain('StreamNotFound')
  }
})

test('every process and the set-up refuse another number of partitions than the log has', async () => {
  const system = await systemWithoutLog()
  expect(await setUpOf(system, { PARTITION_COUNT: '2' })).toEqual({
    code: 0,
    said: 'the log has 2 partitions, each stream with 1 replica(s)\n',
  })
  for (const wanted of ['1', '4']) {
    const refusal = `The log has 2 partitions and PARTITION_COUNT is ${wanted}`
    const again = await setUpOf(system, { PARTITION_COUNT: wanted })
    expect(again).toEqual({ code: 1, said: expect.stringMatching(new RegExp(`^${refusal}.+\n$`)) })
    for (const name of ONE_OF_EACH) {
      const { child, says } = start(system, name, { PARTITION_COUNT: wanted })
      const ended = once(child, 'close')
      await says(refusal)
      expect((await ended)[0]).toBe(1)
    }
  }
})

test('a log of version 0.1, which does not say its partitions, is counted and told so', async () => {
  const system = await systemWithoutLog()
  await setUpOf(system, { PARTITION_COUNT: '2' })
  const admin = await system.nats.connect('admin')
  onTestFinished(() => admin.close())
  const manager = await jetstreamManager(admin)
  const configs = []
  for await (const { config } of manager.streams.list()) configs.push(config)
  const epochs = new Map(configs.map(({ name, metadata }) => [name, metadata?.[EPOCH]]))
  for (const config of configs) {
    const epoch = epochs.get(config.name)
    if (epoch) await manager.streams.update(config.name, { ...config, metadata: { [EPOCH]: epoch } })
  }
  const { says } = start(system, 'membership', { PARTITION_COUNT: '1' })
  await says('The log has more than 1 partitions')
  expect(await setUpOf(system, { PARTITION_COUNT: '4' })).toMatchObject({ code: 1 })
  expect(await setUpOf(system, { PARTITION_COUNT: '2' })).toMatchObject({ code: 0 })
  const { metadata } = (await manager.streams.info(IDENTITY_STREAM)).config
  expect(metadata).toMatchObject({ [EPOCH]: epochs.get(IDENTITY_STREAM), [PARTITIONS]: '2' })
})

test('the set-up gives existing streams the wanted replicas, and tells what is', async () => {
  const { nodes, stop } = await startNatsCluster(3)
  onTestFinished(stop)
  const url = nodes[0]?.url ?? ''
  const said = async (env: Record<string, string>) => (await setUp(url, { PARTITION_COUNT: '1', ...env })).said
  expect(await said({})).toContain('each stream with 1 replica(s)')
  expect(await said({ STREAM_REPLICAS: '3' })).toContain('each stream with 3 replica(s)')
  // Without a wish nothing changes.
  expect(await said({})).toContain('each stream with 3 replica(s)')
})

test('replicas on a single server are refused in one sentence', async () => {
  const system = await systemWithoutLog()
  expect(await setUpOf(system, { PARTITION_COUNT: '1', STREAM_REPLICAS: '3' })).toEqual({
    code: 1,
    said: expect.stringMatching(/^STREAM_REPLICAS is 3, but this NATS server is none of a cluster.+\n$/),
  })
})
