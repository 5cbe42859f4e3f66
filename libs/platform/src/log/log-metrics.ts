import { BACKED_UP } from '@beseda/history'
import type { StreamStatusSchema, ViewStatusSchema } from '@beseda/proto/identity/v1/identity_service'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { type JetStreamManager, jetstreamManager, type StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { Gauge, type Registry } from 'prom-client'

/** Position of a view in one of its streams. */
export interface Position {
  readonly view: string
  readonly stream: string
  /** Last sequence that the view has applied. */
  applied(): number
}

type StreamShape = MessageInitShape<typeof StreamStatusSchema>

const TIMEOUT_MS = 2_000

/** Metrics of the streams that a process reads: last sequence, size, replicas, and how far views lag. Fetched from NATS at each scrape. */
export class LogMetrics {
  readonly #positions: Position[] = []
  readonly #manager: Promise<JetStreamManager>
  readonly #head: Gauge<'stream'>
  readonly #bytes: Gauge<'stream'>
  readonly #replicas: Gauge<'stream' | 'state'>
  readonly #backedUp: Gauge<'stream'>
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
      help: 'Size of a stream on disk, for each of its replicas.',
      labelNames: ['stream'],
      registers,
    })
    this.#replicas = new Gauge({
      name: 'beseda_log_replicas',
      help: 'Number of replicas of a stream by state: current, behind, offline.',
      labelNames: ['stream', 'state'],
      registers,
    })
    this.#backedUp = new Gauge({
      name: 'beseda_log_backup_timestamp_seconds',
      help: 'Unix time of the last backup of a stream; without a backup, of its creation.',
      labelNames: ['stream'],
      registers,
    })
    this.#applied = new Gauge({
      name: 'beseda_view_applied_sequence',
      help: 'Last sequence of the stream that the view has applied.',
      labelNames: ['view', 'stream'],
      registers,
    })
    this.#lag = new Gauge({
      name: 'beseda_view_lag_commits',
      help: 'Commits of a stream that the view has not applied yet.',
      labelNames: ['view', 'stream'],
      registers,
      collect: () => this.#collect(),
    })
  }

  add(position: Position): void {
    this.#positions.push(position)
    this.#applied.set({ view: position.view, stream: position.stream }, position.applied())
  }

  /** The same as data, for status requests on the bus. */
  async status(): Promise<{ views: MessageInitShape<typeof ViewStatusSchema>[]; streams: StreamShape[] }> {
    const infos = await this.#infos()
    const lagOf = (stream: string, at: number) => Math.max(0, (infos.get(stream)?.state.last_seq ?? at) - at)
    return {
      views: this.#positions.map(({ view, stream, applied }) => {
        const at = applied()
        return { view, stream, applied: BigInt(at), lag: BigInt(lagOf(stream, at)) }
      }),
      streams: [...infos].map(([stream, info]) => {
        const { current, behind, offline } = replicasOf(info)
        const place = { stream, lastSeq: BigInt(info.state.last_seq), bytes: BigInt(info.state.bytes) }
        return { ...place, replicasCurrent: current, replicasBehind: behind, replicasOffline: offline }
      }),
    }
  }

  /** Keeps the last values while NATS does not answer; `beseda_bus_connected` shows that. */
  async #collect(): Promise<void> {
    const infos = await this.#infos()
    for (const [stream, info] of infos) this.#observe(stream, info)
    for (const { view, stream, applied } of this.#positions) {
      const at = applied()
      this.#applied.set({ view, stream }, at)
      const head = infos.get(stream)?.state.last_seq
      if (head !== undefined) this.#lag.set({ view, stream }, Math.max(0, head - at))
    }
  }

  async #infos(): Promise<Map<string, StreamInfo>> {
    const streams = new Set(this.#positions.map(({ stream }) => stream))
    const manager = await this.#manager
    const found = await Promise.all(
      // A stream that does not answer has no figures this time.
      [...streams].map(async (stream) => [stream, await manager.streams.info(stream).catch(() => undefined)] as const),
    )
    return new Map(found.flatMap(([stream, info]) => (info ? [[stream, info]] : [])))
  }

  #observe(stream: string, info: StreamInfo): void {
    this.#head.set({ stream }, info.state.last_seq)
    this.#bytes.set({ stream }, info.state.bytes)
    this.#backedUp.set({ stream }, Date.parse(info.config.metadata?.[BACKED_UP] ?? info.created) / 1000)
    for (const [state, count] of Object.entries(replicasOf(info))) this.#replicas.set({ stream, state }, count)
  }
}

/** Replicas by state. The leader has answered, so it is current. */
function replicasOf({ cluster }: StreamInfo): { current: number; behind: number; offline: number } {
  const others = cluster?.replicas ?? []
  const offline = others.filter((replica) => replica.offline).length
  const behind = others.filter((replica) => !replica.offline && !replica.current).length
  return { current: 1 + others.length - offline - behind, behind, offline }
}
