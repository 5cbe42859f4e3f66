import { LANES } from '@beseda/proto'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { consumed } from '@beseda/rpc'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { CLIENT_EVENT_KINDS } from './http/client-report.js'
import type { GroupCommit } from './rooms/group-commit.js'

/** What an operator asks of a gateway. */
export class GatewayMetrics {
  readonly connections: Gauge
  readonly rooms: Gauge
  readonly #calls: Histogram<'method' | 'code'>
  readonly #closes: Counter<'code'>
  readonly #repairs: Counter<'lane'>
  readonly #resumes: Counter<'plan'>
  readonly #hellos: Counter
  readonly #turnedAway: Counter
  readonly #deliveries: Counter<'lane' | 'way'>
  readonly #delays: Histogram<'lane'>
  readonly #clientEvents: Counter<'kind'>

  constructor(registry: Registry) {
    const registers = [registry]
    this.connections = new Gauge({ name: 'beseda_gateway_connections', help: 'Signed-in sockets.', registers })
    this.rooms = new Gauge({ name: 'beseda_gateway_rooms', help: 'Groups with somebody connected here.', registers })
    this.#calls = new Histogram({
      name: 'beseda_gateway_call_duration_seconds',
      help: 'How long relayed calls take.',
      labelNames: ['method', 'code'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    })
    this.#closes = new Counter({
      name: 'beseda_gateway_closes_total',
      help: 'Sockets closed by the gateway, and why.',
      labelNames: ['code'],
      registers,
    })
    this.#repairs = new Counter({
      name: 'beseda_gateway_repairs_total',
      help: 'Holes in the bus mended from the log.',
      labelNames: ['lane'],
      registers,
    })
    this.#resumes = new Counter({
      name: 'beseda_gateway_resumes_total',
      help: 'How groups were brought up at Hello.',
      labelNames: ['plan'],
      registers,
    })
    this.#hellos = new Counter({
      name: 'beseda_gateway_hellos_total',
      help: 'Connections that have said who they are: how many come in a second tells a storm.',
      registers,
    })
    this.#turnedAway = new Counter({
      name: 'beseda_gateway_turned_away_total',
      help: 'Sockets refused because the gateway is full or leaving.',
      registers,
    })
    this.#deliveries = new Counter({
      name: 'beseda_gateway_deliveries_total',
      help: 'Commits sent to sockets: live, or again in a replay.',
      labelNames: ['lane', 'way'],
      registers,
    })
    this.#delays = new Histogram({
      name: 'beseda_gateway_fanout_delay_seconds',
      help: 'From the decision of a command in its service to its commit at the sockets.',
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
    // What has never happened is 0, so that the first time is seen as a change.
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
  delivered = ({ lane, commit }: GroupCommit, sockets: number, live: boolean): void => {
    this.#deliveries.inc({ lane, way: live ? 'live' : 'replay' }, sockets)
    if (live && commit.time) this.#delays.observe({ lane }, Math.max(0, Date.now() - timestampMs(commit.time)) / 1000)
    consumed(`deliver ${lane}`, commit.traceparent, live)
  }
}
