import { type EventStore, type FanOut, logOf } from '@beseda/event-log'
import { natsTransport } from '@beseda/rpc'
import type { Transport } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Redis } from 'ioredis'
import { type Logger, pino } from 'pino'
import { Registry } from 'prom-client'
import { Background } from './background/background.js'
import type { PlatformConfig } from './config.js'
import { MeasuredEventStore } from './log/measured-store.js'
import { Views } from './log/views.js'
import { observeBusStorage } from './metrics/bus-metrics.js'
import { observeProcess, observeRedis, observeVersion } from './metrics/process-metrics.js'
import { connectNats } from './nats.js'
import { connectRedis } from './redis/connect.js'
import { Figures } from './status/figures.js'
import { Health } from './status/health.js'
import { answerStatus } from './status/status.js'
import { RUNNING } from './status/version.js'

/** The pieces that every process stands on, opened once and closed in the opposite order. */
export class Platform {
  readonly health = new Health()
  readonly metrics = new Registry()
  readonly figures = new Figures()
  readonly rpc: Transport
  readonly store: EventStore
  readonly fanOut: FanOut
  readonly views: Views
  readonly background: Background
  readonly #closers: (() => Promise<unknown>)[] = []
  #redis: Redis | undefined

  private constructor(
    readonly config: PlatformConfig,
    readonly logger: Logger,
    readonly nats: NatsConnection,
    store: EventStore,
    fail: (error: unknown) => void,
  ) {
    const { health, metrics } = this
    this.rpc = natsTransport(nats, { partitionCount: config.partitionCount })
    const measured = new MeasuredEventStore(store, metrics)
    this.store = measured
    this.fanOut = logOf(config.eventStore).fanOut(nats)
    health.addReadiness('room in the log', () => !measured.isFull)
    this.views = new Views({ config, nats, store: this.store, health, metrics, logger, fail })
    this.background = new Background(logger, metrics)
    observeProcess(metrics, health, nats)
    observeVersion(metrics, config.service, RUNNING)
    if (config.natsMonitorUrl) observeBusStorage(metrics, config.natsMonitorUrl)
    health.addReadiness('nats', () => !nats.isClosed() && nats.info !== undefined)
    this.onClose(() => nats.drain())
    this.onClose(() => this.views.stop())
    this.onClose(() => this.background.stop())
  }

  /** Connects to NATS. `fail` ends the process: a thing that it cannot do without is broken for good. */
  static async open(config: PlatformConfig, fail: (error: unknown) => void): Promise<Platform> {
    const logger = pino({ level: config.logLevel, base: { service: config.service } })
    const nats = await connectNats(config)
    const store = await logOf(config.eventStore)
      .store(nats)
      .catch(async (error: unknown) => {
        await nats.close()
        throw error
      })
    const platform = new Platform(config, logger, nats, store, fail)
    const { health, views, figures } = platform
    answerStatus({ service: config.service, nats, health, views, figures, logger })
    return platform
  }

  /** Connects when it is first used. */
  get redis(): Redis {
    if (!this.#redis) {
      const redis = connectRedis(this.config, this.logger)
      this.#redis = redis
      observeRedis(this.metrics, redis)
      this.health.addReadiness('redis', async () => (await redis.ping()) === 'PONG')
      this.onClose(async () => redis.disconnect())
    }
    return this.#redis
  }

  /** Runs when the platform closes, the last registered first. */
  onClose(close: () => Promise<unknown>): void {
    this.#closers.unshift(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) {
      await close().catch((err: unknown) => this.logger.warn({ err }, 'failed while closing'))
    }
  }
}
