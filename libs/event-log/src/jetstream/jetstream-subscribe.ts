import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { Notifier } from '../notifier.js'
import type { EventStore, StoredCommit, SubscribeOptions, SubscriptionBatch } from '../port.js'
import { storedCommitOf } from './jetstream-direct.js'

/** Commits of one read. A rebuild decodes and folds some 18,000 events a second (docs/performance.md); larger pages only delay the first one. */
const PAGE = 500
/** Live copies kept while the reader is busy. When more come they are dropped, and the commits are read from the log. */
const MAX_BUFFER = 5_000
/** Without a live copy for this long, the log is read: bounds the delay when the bus has lost the last copy. */
const POLL_MS = 1_000

/**
 * Follows a stream without a consumer on the server: pages from the log up to its end, then the republished copies, as long as
 * each directly follows the one before. After anything else (a lost copy, a reconnect, an erased sequence, a new leader) the log is
 * read again from the last sequence.
 */
export async function* followStream(
  nc: NatsConnection,
  store: EventStore,
  stream: string,
  copies: string | undefined,
  { afterSeq, signal }: SubscribeOptions,
): AsyncIterable<SubscriptionBatch> {
  const news = new Notifier()
  const live = new LiveBuffer(stream, news)
  const subscription =
    copies === undefined ? undefined : nc.subscribe(copies, { callback: (_, msg) => live.offer(msg) })
  try {
    let seq = afterSeq
    let behind = true
    while (!signal.aborted) {
      const { copied, hole } = live.take(seq)
      seq = copied.at(-1)?.seq ?? seq
      if (copied.length > 0) yield { commits: copied, caughtUp: true }
      if (behind || hole) {
        const commits = await store.read(stream, { afterSeq: seq, limit: PAGE })
        seq = commits.at(-1)?.seq ?? seq
        behind = commits.length === PAGE
        if (signal.aborted) return
        yield { commits, caughtUp: !behind }
      } else if (copied.length === 0) behind = !(await news.wait(signal, POLL_MS))
    }
  } finally {
    subscription?.unsubscribe()
  }
}

/** The republished copies not yet taken, in order of arrival. */
class LiveBuffer {
  #copies: StoredCommit[] = []
  #overrun = false

  constructor(
    private readonly stream: string,
    private readonly news: Notifier,
  ) {}

  offer(message: Msg): void {
    if (this.#copies.length >= MAX_BUFFER) {
      this.#copies = []
      this.#overrun = true
    }
    this.#copies.push(storedCommitOf(this.stream, message))
    this.news.notify()
  }

  /**
   * The copies that directly follow `seq`. The others are dropped: they are older, or beyond a hole, which only the log can fill.
   */
  take(seq: number): { readonly copied: StoredCommit[]; readonly hole: boolean } {
    const copied: StoredCommit[] = []
    let next = seq + 1
    let hole = this.#overrun
    for (const copy of this.#copies) {
      if (copy.seq === next) {
        copied.push(copy)
        next++
      } else if (copy.seq > next) hole = true
    }
    this.#copies = []
    this.#overrun = false
    return { copied, hole }
  }
}
