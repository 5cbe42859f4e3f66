import 'reflect-metadata'
import { methodPath, NatsRpcServer } from '@beseda/rpc'
import { type DynamicModule, type INestMicroservice, Module, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { MicroserviceOptions } from '@nestjs/microservices'
import { Histogram } from 'prom-client'
import { type Environment, type PlatformConfig, readConfig } from '../config.js'
import { untilSetUp } from '../log/until-set-up.js'
import { Platform } from '../platform.js'
import { ENDING_SIGNALS, endAtSignalsWhileStarting } from '../signals.js'
import { serveHealth } from '../status/health.js'
import { NestLogger } from './nest-logger.js'
import { PlatformModule } from './platform-module.js'

/** A service: its name on the bus (`group`), and the Nest module with the controllers of its `@Rpc` methods. */
export interface ServiceModule {
  readonly name: string
  readonly module: Type | DynamicModule
}

/** Makes the Nest application of a service. */
export type BuildApp = (root: DynamicModule, options: BuildOptions) => Promise<INestMicroservice>

type BuildOptions = NonNullable<Parameters<typeof NestFactory.createMicroservice<MicroserviceOptions>>[1]>

export interface StartOptions {
  readonly env?: Environment
  readonly config?: PlatformConfig
  /** Called when something that the process cannot do without is broken for good. */
  readonly fail?: (error: unknown) => void
  /** Stop at SIGTERM and SIGINT and exit with 0. */
  readonly endAtSignals?: boolean
  /** Tests build an application in which some providers are others. */
  readonly build?: BuildApp
}

export interface RunningService {
  readonly platform: Platform
  /** Finishes the requests that it has taken, then closes everything. */
  stop(): Promise<void>
}

@Module({})
class RootModule {}

const createMicroservice: BuildApp = (root, options) =>
  NestFactory.createMicroservice<MicroserviceOptions>(root, options)

/** Starts a service as a Nest microservice on NATS. */
export async function startService(service: ServiceModule, options: StartOptions = {}): Promise<RunningService> {
  const { env = process.env, fail = throwError } = options
  const started = options.endAtSignals ? endAtSignalsWhileStarting() : undefined
  const platform = await Platform.open(options.config ?? readConfig(service.name, env), fail)
  try {
    return await serve(service, platform, { ...options, env, started })
  } catch (error) {
    await platform.close()
    throw error
  }
}

interface Starting extends Pick<StartOptions, 'build'> {
  readonly env: Environment
  /** Hands the signals over to the application; undefined: it does not answer them. */
  readonly started: (() => void) | undefined
}

async function serve(
  service: ServiceModule,
  platform: Platform,
  { env, started, build = createMicroservice }: Starting,
): Promise<RunningService> {
  const { logger, health, config } = platform
  if (config.healthPort > 0) {
    const server = await serveHealth(health, platform.metrics, { host: config.healthHost, port: config.healthPort })
    platform.onClose(async () => server.close())
  }
  await untilSetUp(platform.nats, platform)
  const root = { module: RootModule, imports: [PlatformModule.of(platform, env), service.module] }
  const app = await build(root, {
    strategy: rpcServer(platform),
    logger: new NestLogger(logger),
    abortOnError: false,
  })
  if (started) {
    app.enableShutdownHooks([...ENDING_SIGNALS], { useProcessExit: true })
    started()
  }
  await listen(app, platform)
  logger.info({ partitions: config.partitions }, 'listening')
  return {
    platform,
    stop: async () => {
      health.leave()
      await app.close()
    },
  }
}

/** The whole of a service's `main.ts`: starts, stops at SIGTERM or SIGINT, exits with 1 when something is broken for good. */
export async function runService(service: ServiceModule): Promise<void> {
  const fail = (error: unknown) => {
    process.stderr.write(`${service.name}: ${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  }
  await startService(service, { fail, endAtSignals: true }).catch(fail)
}

/** A replica that still reads the log takes no requests: its answers would miss what it has not read. */
async function listen(app: INestMicroservice, { health, views }: Platform): Promise<void> {
  let listening = false
  health.addReadiness('rpc', () => listening)
  await views.caughtUp()
  await app.listen()
  listening = true
}

const throwError = (error: unknown): never => {
  throw error
}

function rpcServer({ nats, config, metrics, logger }: Platform): NatsRpcServer {
  const durations = new Histogram({
    name: 'beseda_rpc_duration_seconds',
    help: 'Time from taking a request to answering it, by method and Connect code.',
    labelNames: ['method', 'code'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [metrics],
  })
  return new NatsRpcServer({
    connection: nats,
    partitions: config.partitions,
    onRequest: (method, ms, code) => durations.observe({ method: methodPath(method), code }, ms / 1000),
    onError: (method, error) => logger.error({ err: error, method: methodPath(method) }, 'request failed'),
  })
}
