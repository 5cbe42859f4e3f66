import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { storedOf } from './jetstream-direct.js'
import type { EventStore, StoredCommit, SubscribeOptions, SubscriptionBatch } from './port.js'
import { Signal } from './signal.js'

/** Commits of one read. A rebuild decodes and folds some 50 k/s; larger pages only delay the first. */
const PAGE = 500
/** Live copies kept while the reader is busy; beyond, they are dropped and read from the log. */
const MAX_BUFFER = 5_000
/** How often the log is asked although no live copy came: bounds the delay when the bus lost the last copy. */
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
    while (!signal.aborted) {
      const copied = live.take(seq)
      if (copied.length > 0) {
        seq = copied.at(-1)?.seq ?? seq
        yield { commits: copied, caughtUp: true }
        continue
      }
      const commits = await store.read(stream, { afterSeq: seq, limit: PAGE })
      seq = commits.at(-1)?.seq ?? seq
      const caughtUp = commits.length < PAGE
      if (signal.aborted) return
      yield { commits, caughtUp }
      if (caughtUp && !live.continues(seq)) await news.wait(signal, POLL_MS)
    }
  } finally {
    subscription?.unsubscribe()
  }
}

/** The republished copies not yet taken, in order of arrival. */
class LiveBuffer {
  #copies: StoredCommit[] = []

  constructor(
    private readonly stream: string,
    private readonly news: Signal,
  ) {}

  offer(message: Msg): void {
    if (this.#copies.length >= MAX_BUFFER) this.#copies = []
    this.#copies.push(storedOf(this.stream, message))
    this.news.notify()
  }

  continues(seq: number): boolean {
    return this.#copies.some((copy) => copy.seq === seq + 1)
  }

  /** The copies that directly continue `seq`; the others are of no use: older, or beyond a hole. */
  take(seq: number): StoredCommit[] {
    const taken: StoredCommit[] = []
    let next = seq + 1
    for (const copy of this.#copies) {
      if (copy.seq !== next) continue
      taken.push(copy)
      next++
    }
    this.#copies = []
    return taken
  }
}
