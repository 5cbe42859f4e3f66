import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Environment,
  founderCodeOf,
  InstallationSecret,
  type PlatformConfig,
  type RunningService,
  type ServiceModule,
  setUpLog,
  startService,
} from '@beseda/platform'
import { HEADERS, natsTransport } from '@beseda/rpc'
import type { DescService } from '@bufbuild/protobuf'
import { type Client, createClient } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Override, withOverrides } from './overrides.js'
import { START_MS } from './patience.js'
import { type NatsUser, startNats, type TestNats } from './servers/nats.js'
import { startRedis, type TestRedis } from './servers/redis.js'

const PARTITIONS = 2

/** The caller's headers, as the gateway sets them. */
export interface Caller {
  readonly userId?: string
  readonly deviceId?: string
  readonly sessionId?: string
}

export interface RunOptions {
  readonly env?: Environment
  readonly overrides?: readonly Override[]
}

/** Services in this process on a real NATS (with the permissions of production) and a real Redis. */
export class TestSystem {
  readonly #running: RunningService[] = []
  readonly failures: unknown[] = []

  private constructor(
    readonly nats: TestNats,
    readonly redis: TestRedis,
    readonly folder: string,
    /** Connection of user `gateway`, used by callers. */
    readonly edge: NatsConnection,
  ) {}

  static async start(...services: readonly ServiceModule[]): Promise<TestSystem> {
    const system = await TestSystem.withoutLog()
    const admin = await system.nats.connect('admin')
    await setUpLog(admin, { partitions: PARTITIONS, replicas: 1 })
    await admin.close()
    for (const service of services) await system.run(service)
    return system
  }

  /** The servers alone, as when an installation begins: there are no streams. */
  static async withoutLog(): Promise<TestSystem> {
    const [nats, redis] = await Promise.all([startNats({ config: 'production' }), startRedis()])
    const folder = await mkdtemp(join(tmpdir(), 'beseda-system-'))
    const { privateKey } = generateKeyPairSync('ed25519')
    await writeFile(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await writeFile(join(folder, 'secret.hex'), randomBytes(32).toString('hex'))
    return new TestSystem(nats, redis, folder, await nats.connect('gateway'))
  }

  /** With which the first account is registered, as the log of identity says it. */
  get founderCode(): string {
    return founderCodeOf(InstallationSecret.read(join(this.folder, 'secret.hex')))
  }

  /** Calls what only the operator's commands (tools/admin) may call, not the gateway. */
  async asOperator<S extends DescService, T>(service: S, ask: (client: Client<S>) => Promise<T>): Promise<T> {
    const bus = await this.nats.connect('admin')
    try {
      return await ask(createClient(service, natsTransport(bus, { partitionCount: PARTITIONS })))
    } finally {
      await bus.close()
    }
  }

  /**
   * Starts one more replica of a service, with its own views; resolves when it is ready. `env`: everything that its configuration reads, instead
   * of the environment of the tests; everybody may register unless it says otherwise. `overrides`: providers that are replaced in this replica.
   */
  async run(service: ServiceModule, { env, overrides = [] }: RunOptions = {}): Promise<RunningService> {
    const running = await startService(service, {
      config: this.config(service.name),
      fail: (error) => this.failures.push(error),
      env: { REGISTRATION: 'open', ...(env ?? process.env) },
      ...(overrides.length > 0 ? { build: withOverrides(overrides) } : {}),
    })
    this.#running.push(running)
    const deadline = Date.now() + START_MS
    for (let unready = ['?'] as readonly string[]; unready.length > 0; ) {
      unready = await running.platform.health.unready()
      if (Date.now() > deadline) throw new Error(`${service.name} is not ready: ${unready.join(', ')}`)
      if (unready.length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return running
  }

  config(name: string): PlatformConfig {
    const credentials = this.nats.credentials(name as NatsUser)
    return {
      service: name,
      natsUrl: this.nats.url,
      natsUser: credentials?.user,
      natsPassword: credentials?.pass,
      natsPasswordBefore: undefined,
      natsCaFile: undefined,
      natsMonitorUrl: undefined,
      redisUrl: this.redis.url,
      eventStore: 'jetstream',
      redisPassword: undefined,
      redisCaFile: undefined,
      partitionCount: PARTITIONS,
      partitions: 'all',
      dataDir: join(this.folder, `views-${this.#running.length}`),
      healthHost: '127.0.0.1',
      healthPort: 0,
      logLevel: 'error',
      rebuildViews: false,
      signingKeyFile: join(this.folder, 'key.pem'),
      secretFile: join(this.folder, 'secret.hex'),
    }
  }

  /** A typed client of a service that calls as a person through the gateway; includes internal methods. */
  client<S extends DescService>(service: S, { userId, deviceId, sessionId }: Caller = {}): Client<S> {
    const transport = natsTransport(this.edge, { partitionCount: PARTITIONS })
    const actor = { [HEADERS.user]: userId, [HEADERS.device]: deviceId, [HEADERS.session]: sessionId }
    return createClient(service, {
      ...transport,
      unary: (method, signal, timeoutMs, header, input, context) => {
        const stamped = new Headers(header)
        for (const [name, value] of Object.entries(actor)) if (value) stamped.set(name, value)
        return transport.unary(method, signal, timeoutMs, stamped, input, context)
      },
    })
  }

  async stop(): Promise<void> {
    for (const service of this.#running.reverse()) await service.stop()
    await this.edge.close()
    await Promise.all([this.nats.stop(), this.redis.stop()])
    await rm(this.folder, { recursive: true, force: true })
    if (this.failures.length > 0) throw new AggregateError(this.failures, 'a service failed during the test')
  }
}
