import {
  type AppendRequest,
  type AppendResult,
  type EventStore,
  LogFull,
  type ReadOptions,
  type StoredCommit,
  type StreamInfo,
  type SubscribeOptions,
  type SubscriptionBatch,
} from '@beseda/event-log'
import { parseHistorySubject } from '@beseda/proto'
import { producerSpan } from '@beseda/rpc'
import { Histogram, type Registry } from 'prom-client'

/** `messages` for a lane of a group's history; otherwise the first word of the subject, as `identity`. */
const laneOf = (subject: string): string => parseHistorySubject(subject)?.lane ?? subject.split('.')[0] ?? ''

/** How long a process says that the log is full when nothing more is appended, which would show that there is room. */
const FULL_FOR_MS = 60_000

/** Counts and times the appends of a store, and adds each to the trace of its command. */
export class MeasuredEventStore implements EventStore {
  readonly #durations: Histogram<'lane' | 'result'>
  readonly #sizes: Histogram<'lane'>
  #fullAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly store: EventStore,
    registry: Registry,
  ) {
    const registers = [registry]
    this.#durations = new Histogram({
      name: 'beseda_log_append_duration_seconds',
      help: 'Time to append a commit to the log, by lane and result.',
      labelNames: ['lane', 'result'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    })
    this.#sizes = new Histogram({
      name: 'beseda_log_commit_events',
      help: 'Number of events per commit. Events of a commit share one write to disk.',
      labelNames: ['lane'],
      buckets: [1, 2, 4, 8, 16, 32, 64, 100],
      registers,
    })
  }

  /** An append has found no room, and none has succeeded since; after a while nobody has tried. */
  get isFull(): boolean {
    return performance.now() - this.#fullAt < FULL_FOR_MS
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const lane = laneOf(request.subject)
    const end = this.#durations.startTimer({ lane })
    let result = 'failed'
    try {
      const { traceparent } = request.commit
      const appended = await producerSpan(`append ${lane}`, traceparent, () => this.store.append(request))
      result = appended.kind === 'appended' && appended.duplicate ? 'duplicate' : appended.kind
      this.#fullAt = Number.NEGATIVE_INFINITY
      if (result === 'appended') this.#sizes.observe({ lane }, request.commit.events.length)
      return appended
    } catch (error) {
      if (error instanceof LogFull) this.#fullAt = performance.now()
      throw error
    } finally {
      end({ result })
    }
  }

  read = (stream: string, options: ReadOptions): Promise<readonly StoredCommit[]> => this.store.read(stream, options)
  last = (stream: string, subject: string): Promise<StoredCommit | undefined> => this.store.last(stream, subject)
  heads = (stream: string, filters: readonly string[], afterSeq?: number): Promise<ReadonlyMap<string, number>> =>
    this.store.heads(stream, filters, afterSeq)
  info = (stream: string): Promise<StreamInfo> => this.store.info(stream)
  erase = (stream: string, seq: number): Promise<void> => this.store.erase(stream, seq)
  purge = (stream: string, subject: string, uptoSeq: number): Promise<void> =>
    this.store.purge(stream, subject, uptoSeq)
  subscribe = (stream: string, options: SubscribeOptions): AsyncIterable<SubscriptionBatch> =>
    this.store.subscribe(stream, options)
}
