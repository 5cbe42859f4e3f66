import { type JetStreamManager, jetstreamManager, type StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { Gauge, type Registry } from 'prom-client'

/** Where a view stands in one of its streams. */
export interface Position {
  readonly view: string
  readonly stream: string
  /** Last sequence of the stream that is in the view. */
  applied(): number
}

const TIMEOUT_MS = 2_000

/** The streams that a process reads, asked of the bus at each scrape: their ends, their sizes, and how far the views lag. */
export class LogMetrics {
  readonly #positions: Position[] = []
  readonly #manager: Promise<JetStreamManager>
  readonly #head: Gauge<'stream'>
  readonly #bytes: Gauge<'stream'>
  readonly #replicas: Gauge<'stream' | 'state'>
  readonly #applied: Gauge<'view' | 'stream'>
  readonly #lag: Gauge<'view' | 'stream'>

  constructor(nats: NatsConnection, registry: Registry) {
    const registers = [registry]
    this.#manager = jetstreamManager(nats, { checkAPI: false, timeout: TIMEOUT_MS })
    this.#head = new Gauge({
      name: 'beseda_log_head_sequence',
      help: 'Last sequence of a stream of the log.',
      labelNames: ['stream'],
      registers,
    })
    this.#bytes = new Gauge({
      name: 'beseda_log_bytes',
      help: 'Bytes of a stream on disk, on each of its replicas.',
      labelNames: ['stream'],
      registers,
    })
    this.#replicas = new Gauge({
      name: 'beseda_log_replicas',
      help: 'Replicas of a stream by what they are: current, behind, offline.',
      labelNames: ['stream', 'state'],
      registers,
    })
    this.#applied = new Gauge({
      name: 'beseda_view_applied_sequence',
      help: 'Last sequence of the stream that is in the view.',
      labelNames: ['view', 'stream'],
      registers,
    })
    this.#lag = new Gauge({
      name: 'beseda_view_lag_commits',
      help: 'Commits of a stream that are not in the view yet.',
      labelNames: ['view', 'stream'],
      registers,
      collect: () => this.#collect(),
    })
  }

  add(position: Position): void {
    this.#positions.push(position)
    this.#applied.set({ view: position.view, stream: position.stream }, position.applied())
  }

  /** Without an answer of the bus the last values stay; that it does not answer is told by `beseda_bus_connected`. */
  async #collect(): Promise<void> {
    const streams = new Set(this.#positions.map(({ stream }) => stream))
    const manager = await this.#manager
    const heads = new Map<string, number>()
    await Promise.all(
      [...streams].map(async (stream) => {
        const info = await manager.streams.info(stream).catch(() => undefined)
        if (!info) return
        heads.set(stream, info.state.last_seq)
        this.#observe(stream, info)
      }),
    )
    for (const { view, stream, applied } of this.#positions) {
      const at = applied()
      this.#applied.set({ view, stream }, at)
      const head = heads.get(stream)
      if (head !== undefined) this.#lag.set({ view, stream }, Math.max(0, head - at))
    }
  }

  #observe(stream: string, { state, cluster }: StreamInfo): void {
    this.#head.set({ stream }, state.last_seq)
    this.#bytes.set({ stream }, state.bytes)
    const others = cluster?.replicas ?? []
    const offline = others.filter((replica) => replica.offline).length
    const behind = others.filter((replica) => !replica.offline && !replica.current).length
    // The leader answers, so it is current.
    this.#replicas.set({ stream, state: 'current' }, 1 + others.length - offline - behind)
    this.#replicas.set({ stream, state: 'behind' }, behind)
    this.#replicas.set({ stream, state: 'offline' }, offline)
  }
}
