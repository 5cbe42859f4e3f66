import { Coalescer } from '@beseda/async'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/nats-core'
import { bytesOf, decodeCommit, encodeCommit } from '../codec.js'
import { commitKey, guardKey } from '../commit-key.js'
import { EPOCH } from '../epoch.js'
import {
  type AppendRequest,
  type AppendResult,
  type EventStore,
  LogFull,
  LogUnavailable,
  type ReadOptions,
  type StoredCommit,
  type StreamInfo,
  type SubscribeOptions,
  type SubscriptionBatch,
} from '../port.js'
import { isFull, isTransient, pause, RETRY_MS, retryTransient } from '../retry.js'
import { directGet, directHeads, storedCommitOf } from './jetstream-direct.js'
import { eraseMessage } from './jetstream-erase.js'
import { copiesOf, followStream } from './jetstream-subscribe.js'

/** Time for one try. A server under load with `sync_interval: always` answers within 100 ms; a dead one never does. */
const TRY_MS = 2_000
const WRONG_LAST_SEQUENCE = 10071
/**
 * Answers of replicated streams that say nothing about the outcome, and pass: another message of the expected subject, or one with the
 * same id, is in flight; too many messages are.
 */
const IN_FLIGHT: ReadonlySet<number> = new Set([10164, 10158, 10167])
/** The stream has no leader at the moment, or this server is it no longer. Whether it has stored the message is not known. */
const NO_LEADER: ReadonlySet<number> = new Set([10008, 10009])

/** Bytes of one answer to a read. Less: more requests; more: more memory, because a decoded commit takes some ten times as much. */
const PAGE_BYTES = 512 * 1024

/** Commits that a purge reads at once to overwrite them. */
const PURGE_PAGE = 100

interface PubAck {
  readonly seq?: number
  readonly duplicate?: boolean
  readonly error?: { readonly err_code: number; readonly description: string }
}

/** The log on JetStream. Needs nats-server 2.12: older ones silently ignore an expectation on another subject. */
export class JetStreamEventStore implements EventStore {
  /** By stream, the highest sequence that was acknowledged to this process: later appends get higher ones. */
  readonly #seen = new Map<string, number>()
  /** Every connecting client needs to know where the streams end: during a reconnect storm they share one request. */
  readonly #infos = new Coalescer((stream) => this.#askInfo(stream))

  private constructor(
    private readonly nc: NatsConnection,
    private readonly manager: JetStreamManager,
  ) {}

  static async open(nc: NatsConnection): Promise<JetStreamEventStore> {
    const [major = 0, minor = 0] = (nc.info?.version ?? '').split('.').map(Number)
    if (major < 2 || (major === 2 && minor < 12)) {
      throw new Error(`nats-server 2.12 or newer is needed, this one is ${nc.info?.version}`)
    }
    return new JetStreamEventStore(nc, await jetstreamManager(nc, { checkAPI: false, timeout: 5_000 }))
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const { stream, subject, commit, expect, guard } = request
    const bytes = encodeCommit(commit)
    const head = headers()
    head.set('Nats-Msg-Id', guard === undefined ? commitKey(request) : guardKey(guard))
    if (expect) {
      head.set('Nats-Expected-Last-Subject-Sequence', String(expect.lastSeq))
      if (expect.subject !== subject) head.set('Nats-Expected-Last-Subject-Sequence-Subject', expect.subject)
    }
    const seenBefore = this.#seen.get(stream) ?? 0
    const deadline = performance.now() + RETRY_MS
    let unknown = false
    while (performance.now() < deadline) {
      const ack = await this.#publish(subject, bytes, head)
      if (ack === undefined || (ack.error && NO_LEADER.has(ack.error.err_code))) {
        unknown = true
        await pause(50 + Math.random() * 200)
      } else if (ack.error && IN_FLIGHT.has(ack.error.err_code)) {
        await pause(5 + Math.random() * 25)
      } else if (ack.error?.err_code === WRONG_LAST_SEQUENCE) {
        // The server checks the expectation before the message id, so a commit that is in the log already looks like a conflict.
        const after = expect && expect.subject === subject ? expect.lastSeq : unknown ? seenBefore : undefined
        const found = after === undefined ? undefined : await this.#find(request, after)
        if (found !== undefined) return { kind: 'appended', seq: found, duplicate: true }
        return { kind: 'conflict', lastSeq: sequenceIn(ack.error.description) }
      } else if (ack.error && isFull(ack.error.err_code, ack.error.description)) {
        throw new LogFull(`append to ${subject}: ${ack.error.description}`)
      } else if (ack.error) {
        throw new Error(`append to ${subject}: ${ack.error.description}`)
      } else {
        const seq = ack.seq ?? 0
        if (ack.duplicate && guard !== undefined && !(await this.#isAt(request, seq)))
          return { kind: 'conflict', lastSeq: seq }
        this.#seen.set(stream, Math.max(seq, this.#seen.get(stream) ?? 0))
        return { kind: 'appended', seq, duplicate: ack.duplicate === true }
      }
    }
    throw new LogUnavailable(`no answer to an append to ${subject} within ${RETRY_MS} ms`)
  }

  /** The server's answer; undefined when none came. */
  async #publish(subject: string, bytes: Uint8Array, head: ReturnType<typeof headers>): Promise<PubAck | undefined> {
    try {
      return (await this.nc.request(subject, bytes, { headers: head, timeout: TRY_MS })).json<PubAck>()
    } catch (error) {
      if (isTransient(error)) return undefined
      throw error
    }
  }

  /** Whether it is this very commit that stands at a sequence. */
  async #isAt(request: AppendRequest, seq: number): Promise<boolean> {
    const [stored] = await this.read(request.stream, {
      afterSeq: seq - 1,
      filter: request.subject,
      limit: 1,
      upTo: seq,
    })
    return stored?.seq === seq && commitKey(stored) === commitKey(request)
  }

  /** The sequence of a commit that is in the log already, after `after`; undefined when it is not. */
  async #find(request: AppendRequest, after: number): Promise<number | undefined> {
    const { stream, subject } = request
    const wanted = commitKey(request)
    for (let afterSeq = after; ; ) {
      const page = await this.read(stream, { afterSeq, filter: subject, limit: 256 })
      const found = page.find((stored) => commitKey(stored) === wanted)
      if (found || page.length < 256) return found?.seq
      afterSeq = page.at(-1)?.seq ?? afterSeq
    }
  }

  async read(
    stream: string,
    { afterSeq, filter = '>', limit, upTo, enough = Number.POSITIVE_INFINITY }: ReadOptions,
  ): Promise<readonly StoredCommit[]> {
    return retryTransient(async () => {
      const commits: StoredCommit[] = []
      let after = afterSeq
      while (commits.length < limit) {
        const page = await this.#page(stream, after, filter, Math.min(limit - commits.length, 500))
        commits.push(...page)
        after = commits.at(-1)?.seq ?? afterSeq
        if ((upTo !== undefined && after >= upTo) || bytesOf(commits) >= enough) break
        if (page.length > 0) continue
        // A replica can lag behind what was acknowledged; only the leader knows that there are no more commits.
        const next = await this.#fromLeader(stream, { seq: after + 1, next_by_subj: filter })
        if (!next) break
        commits.push(next)
        after = next.seq
      }
      return commits
    })
  }

  async #page(stream: string, after: number, filter: string, batch: number): Promise<StoredCommit[]> {
    const query = { seq: after + 1, next_by_subj: filter, batch, max_bytes: PAGE_BYTES }
    const { messages } = await directGet(this.nc, stream, query)
    return messages.map((message) => storedCommitOf(stream, message))
  }

  async #fromLeader(stream: string, query: { seq: number; next_by_subj: string } | { last_by_subj: string }) {
    const stored = await this.manager.streams.getMessage(stream, query)
    return stored ? decodeCommit(stream, stored.subject, stored.seq, stored.data) : undefined
  }

  last(stream: string, subject: string): Promise<StoredCommit | undefined> {
    return retryTransient(() => this.#fromLeader(stream, { last_by_subj: subject }))
  }

  heads(stream: string, filters: readonly string[], afterSeq = 0): Promise<ReadonlyMap<string, number>> {
    return retryTransient(async () => {
      const { lastSeq } = await this.info(stream)
      const has = async (filter: string) => (await this.#fromLeader(stream, { last_by_subj: filter })) !== undefined
      return directHeads(this.nc, stream, { filters, afterSeq }, { lastSeq, has })
    })
  }

  info(stream: string): Promise<StreamInfo> {
    return this.#infos.get(stream)
  }

  #askInfo(stream: string): Promise<StreamInfo> {
    return retryTransient(async () => {
      const { config, state } = await this.manager.streams.info(stream)
      return { epoch: config.metadata?.[EPOCH] ?? '', firstSeq: state.first_seq, lastSeq: state.last_seq }
    })
  }

  erase(stream: string, seq: number): Promise<void> {
    return eraseMessage(this.manager, stream, seq)
  }

  /**
   * JetStream's own purge only forgets where messages are: their bytes stay until the server writes the block anew, which it may never
   * do. One commit after the other: each is a flush of the disk, for which appends wait.
   */
  async purge(stream: string, subject: string, uptoSeq: number): Promise<void> {
    for (let afterSeq = 0, more = true; more; ) {
      const page = await this.read(stream, { afterSeq, filter: subject, limit: PURGE_PAGE, upTo: uptoSeq })
      for (const { seq } of page) if (seq <= uptoSeq) await this.erase(stream, seq)
      afterSeq = page.at(-1)?.seq ?? uptoSeq
      more = page.length === PURGE_PAGE && afterSeq < uptoSeq
    }
    await retryTransient(() => this.manager.streams.purge(stream, { filter: subject, seq: uptoSeq + 1 }))
  }

  async *subscribe(stream: string, options: SubscribeOptions): AsyncIterable<SubscriptionBatch> {
    const { config } = await retryTransient(() => this.manager.streams.info(stream))
    yield* followStream(this.nc, this, stream, copiesOf(config, options.prompt), options)
  }
}

const sequenceIn = (description: string): number | undefined => {
  const found = /(\d+)$/.exec(description)
  return found ? Number(found[1]) : undefined
}
