import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { storedOf } from './jetstream-direct.js'
import type { EventStore, StoredCommit, SubscribeOptions, SubscriptionBatch } from './port.js'
import { Signal } from './signal.js'

/** Commits of one read. A rebuild decodes and folds some 50 k/s; larger pages only delay the first. */
const PAGE = 500
/** Live copies kept while the reader is busy; beyond, they are dropped and read from the log. */
const MAX_BUFFER = 5_000
/** After so long without a live copy the log is asked: bounds the delay when the bus lost the last copy. */
const POLL_MS = 1_000

/**
 * Follows a stream without a consumer on the server: pages from the log up to the end, then the stream's republished
 * copies as long as each is the direct successor of the one before. Anything else (a lost copy, a reconnect, an erased
 * sequence, a new leader) is mended by reading the log again from the last place.
 */
export async function* followStream(
  nc: NatsConnection,
  store: EventStore,
  stream: string,
  copies: string | undefined,
  { afterSeq, signal }: SubscribeOptions,
): AsyncIterable<SubscriptionBatch> {
  const news = new Signal()
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
    private readonly news: Signal,
  ) {}

  offer(message: Msg): void {
    if (this.#copies.length >= MAX_BUFFER) {
      this.#copies = []
      this.#overrun = true
    }
    this.#copies.push(storedOf(this.stream, message))
    this.news.notify()
  }

  /**
   * The copies that directly continue `seq`; the others are of no use: older, or beyond a hole, which only the log can mend.
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
