import { LANES } from '@beseda/proto'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { consumed } from '@beseda/rpc'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { CLIENT_EVENT_KINDS } from './http/client-report.js'
import type { KeptCommit } from './rooms/group-commit.js'

/** Current numbers, read when Prometheus asks. */
export interface GatewaySizes {
  /** Signed-in sockets. */
  sockets(): number
  rooms(): number
}

/** Metrics of a gateway. */
export class GatewayMetrics {
  readonly #calls: Histogram<'method' | 'code'>
  readonly #closes: Counter<'code'>
  readonly #repairs: Counter<'lane'>
  readonly #resumes: Counter<'plan'>
  readonly #hellos: Counter
  readonly #turnedAway: Counter
  readonly #deliveries: Counter<'lane' | 'way'>
  readonly #delays: Histogram<'lane'>
  readonly #clientEvents: Counter<'kind'>

  constructor(registry: Registry, sizes: GatewaySizes) {
    const registers = [registry]
    gauge(registry, 'beseda_gateway_connections', 'Signed-in sockets.', sizes.sockets)
    gauge(registry, 'beseda_gateway_rooms', 'Groups that have a member connected to this gateway.', sizes.rooms)
    this.#calls = new Histogram({
      name: 'beseda_gateway_call_duration_seconds',
      help: 'Duration of requests that the gateway relays to services.',
      labelNames: ['method', 'code'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    })
    this.#closes = new Counter({
      name: 'beseda_gateway_closes_total',
      help: 'Sockets closed by the gateway, by close code.',
      labelNames: ['code'],
      registers,
    })
    this.#repairs = new Counter({
      name: 'beseda_gateway_repairs_total',
      help: 'Lanes read from the log because the bus had lost a commit.',
      labelNames: ['lane'],
      registers,
    })
    this.#resumes = new Counter({
      name: 'beseda_gateway_resumes_total',
      help: 'Groups brought up at Hello, by plan: current, replay or snapshot.',
      labelNames: ['plan'],
      registers,
    })
    this.#hellos = new Counter({
      name: 'beseda_gateway_hellos_total',
      help: 'Connections that have signed in.',
      registers,
    })
    this.#turnedAway = new Counter({
      name: 'beseda_gateway_turned_away_total',
      help: 'Sockets refused because the gateway is full, stopping or cut off from the log.',
      registers,
    })
    this.#deliveries = new Counter({
      name: 'beseda_gateway_deliveries_total',
      help: 'Commits sent to sockets, live or in a replay.',
      labelNames: ['lane', 'way'],
      registers,
    })
    this.#delays = new Histogram({
      name: 'beseda_gateway_fanout_delay_seconds',
      help: 'Time from the commit of an event in its service to its delivery to sockets.',
      labelNames: ['lane'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    })
    this.#clientEvents = new Counter({
      name: 'beseda_client_events_total',
      help: 'Life-cycle steps and errors that clients reported about themselves, by kind.',
      labelNames: ['kind'],
      registers,
    })
    // Counters start at 0, so that the first event shows as a change.
    for (const lane of LANES) this.#repairs.inc({ lane }, 0)
    for (const code of Object.values(CloseCode)) if (typeof code === 'string') this.#closes.inc({ code }, 0)
    for (const kind of CLIENT_EVENT_KINDS) this.#clientEvents.inc({ kind }, 0)
  }

  called = (method: string, code: string, ms: number): void => this.#calls.observe({ method, code }, ms / 1000)
  closed = (code: CloseCode): void => this.#closes.inc({ code: CloseCode[code] })
  repaired = (lane: string): void => this.#repairs.inc({ lane })
  greeted = (): void => this.#hellos.inc()
  clientReported = (kind: string): void => this.#clientEvents.inc({ kind })
  turnedAway = (): void => this.#turnedAway.inc()
  resumed = (plan: string): void => this.#resumes.inc({ plan })
  delivered = ({ lane, commit }: Pick<KeptCommit, 'lane' | 'commit'>, sockets: number, live: boolean): void => {
    this.#deliveries.inc({ lane, way: live ? 'live' : 'replay' }, sockets)
    if (live && commit.time) this.#delays.observe({ lane }, Math.max(0, Date.now() - timestampMs(commit.time)) / 1000)
    consumed(`deliver ${lane}`, commit.traceparent, live)
  }
}

const gauge = (registry: Registry, name: string, help: string, read: () => number): Gauge =>
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
