import type { NatsConnection } from '@nats-io/transport-node'
import type { Redis } from 'ioredis'
import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import type { Health } from '../status/health.js'
import type { Version } from '../status/version.js'

/** Metrics that every process has: readiness, connection to NATS, and those of Node. */
export function observeProcess(registry: Registry, health: Health, nats: NatsConnection): void {
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'beseda_ready',
    help: '1 while every readiness check of the process holds.',
    registers,
    async collect() {
      this.set((await health.unready()).length === 0 ? 1 : 0)
    },
  })
  let connected = true
  new Gauge({
    name: 'beseda_bus_connected',
    help: '1 while the process is connected to NATS.',
    registers,
    collect() {
      this.set(connected && !nats.isClosed() ? 1 : 0)
    },
  })
  const reconnects = new Counter({
    name: 'beseda_bus_reconnects_total',
    help: 'Reconnects to NATS after a lost connection.',
    registers,
  })
  void (async () => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') connected = false
      if (type !== 'reconnect') continue
      connected = true
      reconnects.inc()
    }
  })()
}

export function observeRedis(registry: Registry, redis: Redis): void {
  new Gauge({
    name: 'beseda_redis_connected',
    help: '0 while the process needs Redis and is not connected to it.',
    registers: [registry],
    collect() {
      // It connects when it is first used: until then nothing is missing.
      this.set(redis.status === 'ready' || redis.status === 'wait' ? 1 : 0)
    },
  })
}

/** What runs where: Prometheus joins it by `instance`, and notices services that are gone. */
export function observeVersion(registry: Registry, service: string, { version, commit }: Version): void {
  const labelNames = ['service', 'version', 'commit'] as const
  const help = 'Always 1: service, version and commit of the process.'
  new Gauge({ name: 'beseda_build_info', help, labelNames, registers: [registry] }).set({ service, version, commit }, 1)
}
