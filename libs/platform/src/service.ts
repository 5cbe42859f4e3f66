import 'reflect-metadata'
import { methodPath, NatsRpcServer } from '@beseda/rpc'
import { type ArgumentsHost, Catch, type DynamicModule, type ExceptionFilter } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Histogram } from 'prom-client'
import { type Observable, throwError } from 'rxjs'
import { type PlatformConfig, readConfig } from './config.js'
import { serveHealth } from './health.js'
import { Platform } from './platform.js'

export interface ServiceDefinition {
  /** Its name on the bus: `group`. */
  readonly name: string
  /** The Nest module with the controllers of its `@Rpc` methods. */
  module(platform: Platform): DynamicModule | Promise<DynamicModule>
}

export interface RunningService {
  readonly platform: Platform
  /** Finishes what has begun, then closes everything. */
  stop(): Promise<void>
}

/** Errors pass to the RPC server as they are; Nest's own filter would turn them all into one. */
@Catch()
class PassOn implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error)
  }
}

/** Starts a service as a Nest microservice on NATS. */
export async function startService(
  definition: ServiceDefinition,
  config: PlatformConfig = readConfig(definition.name),
  fail: (error: unknown) => void = (error) => {
    throw error
  },
): Promise<RunningService> {
  const platform = await Platform.open(config, fail)
  const { logger, health } = platform
  if (config.healthPort > 0) {
    const server = await serveHealth(health, platform.metrics, config.healthPort)
    platform.onClose(async () => server.close())
  }
  let listening = false
  health.addReadiness('rpc', () => listening)
  const app = await NestFactory.createMicroservice(await definition.module(platform), {
    strategy: rpcServer(platform),
    logger: ['error', 'fatal'],
  })
  app.useGlobalFilters(new PassOn())
  // A replica that still reads the log takes no requests: it would answer as if what it has not read were not there.
  await platform.viewsAreUp()
  await app.listen()
  listening = true
  logger.info({ partitions: config.partitions }, 'listening')
  return {
    platform,
    stop: async () => {
      health.leave()
      await app.close()
      await platform.close()
    },
  }
}

/** The whole of a service's `main.ts`: start, stop at SIGTERM or SIGINT, exit 1 when something is broken for good. */
export async function runService(definition: ServiceDefinition): Promise<void> {
  const abandon = (error: unknown) => {
    process.stderr.write(`${definition.name}: ${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  }
  const service = await startService(definition, undefined, abandon).catch(abandon)
  if (!service) return
  const stop = () => {
    service.stop().then(() => process.exit(0), abandon)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

function rpcServer({ nats, config, metrics, logger }: Platform): NatsRpcServer {
  const durations = new Histogram({
    name: 'beseda_rpc_duration_seconds',
    help: 'How long requests take in the service.',
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
