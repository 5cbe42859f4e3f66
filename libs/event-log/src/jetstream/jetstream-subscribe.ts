import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { bytesOf } from '../codec.js'
import { Notifier } from '../notifier.js'
import { type EventStore, POLL_MS, type StoredCommit, type SubscribeOptions, type SubscriptionBatch } from '../port.js'
import { storedCommitOf } from './jetstream-direct.js'

/** Commits of one read. A rebuild decodes and folds some 18,000 events a second (docs/performance.md); larger pages only delay the first one. */
const PAGE = 500
/** Bytes of a read: a commit can have a hundred events, and decoded they take some ten times as much, for each of the streams. */
const PAGE_BYTES = 512 * 1024
/** Bytes that are yielded together, some 1,500 events. More: folding them keeps requests waiting for longer; less: more transactions. */
const BATCH_BYTES = 256 * 1024
/** Live copies kept while the reader is busy. When more come they are dropped, and the commits are read from the log. */
const MAX_BUFFER = 5_000
/** Bytes of them. They are decoded when they are taken: most of those that come during a rebuild are dropped. */
const MAX_BUFFER_BYTES = 1024 * 1024

/** What a stream takes, and where it republishes what it has stored: both end in `>`. */
interface Republished {
  readonly subjects: readonly string[]
  readonly republish?: { readonly dest: string } | undefined
}

/** Subjects of the copies of commits that match one of the filters; undefined: of all commits. */
export function copiesOf(
  { subjects, republish }: Republished,
  prompt: readonly string[] | undefined,
): readonly string[] {
  if (!republish) return []
  if (!prompt) return [republish.dest]
  const [own = '', copied = ''] = [subjects[0], republish.dest].map((all) => all?.replace(/>$/, ''))
  const place = own.split('.').slice(0, -1)
  return prompt.flatMap((filter) => {
    const tokens = filter.split('.')
    const isOwn = place.every((token, i) => tokens[i] === token || tokens[i] === '*')
    return isOwn ? [copied + tokens.slice(place.length).join('.')] : []
  })
}

/**
 * Follows a stream without a consumer on the server: pages from the log up to its end, then the republished copies, as long as
 * each directly follows the one before. After anything else (a lost copy, a reconnect, an erased sequence, a new leader) the log is
 * read again from the last sequence. `copies`: the subjects of those copies that are to be delivered at once; the others are read from the log.
 */
export async function* followStream(
  nc: NatsConnection,
  store: EventStore,
  stream: string,
  copies: readonly string[],
  { afterSeq, signal, wake }: SubscribeOptions,
): AsyncIterable<SubscriptionBatch> {
  const news = new Notifier()
  const live = new LiveBuffer(stream, news)
  const subscriptions = copies.map((copy) => nc.subscribe(copy, { callback: (_, msg) => live.offer(msg) }))
  wake?.onAsk(() => news.notify())
  try {
    let seq = afterSeq
    let behind = true
    while (!signal.aborted) {
      const { copied, hole } = live.take(seq)
      seq = copied.at(-1)?.seq ?? seq
      if (copied.length > 0) yield { commits: copied, caughtUp: true }
      const asked = wake?.take() ?? false
      if (behind || hole || asked) {
        const commits = await store.read(stream, { afterSeq: seq, limit: PAGE, enough: PAGE_BYTES })
        seq = commits.at(-1)?.seq ?? seq
        behind = commits.length === PAGE || bytesOf(commits) >= PAGE_BYTES
        for (const { part, isLast } of inParts(commits)) {
          if (signal.aborted) return
          yield { commits: part, caughtUp: isLast && !behind }
        }
      } else if (copied.length === 0) behind = !(await news.wait(signal, POLL_MS))
    }
  } finally {
    for (const subscription of subscriptions) subscription.unsubscribe()
  }
}

/** At least one, which may be empty. */
function* inParts(commits: readonly StoredCommit[]): Iterable<{ part: StoredCommit[]; isLast: boolean }> {
  let part: StoredCommit[] = []
  let bytes = 0
  for (const commit of commits) {
    if (bytes >= BATCH_BYTES) {
      yield { part, isLast: false }
      part = []
      bytes = 0
    }
    part.push(commit)
    bytes += commit.bytes.length
  }
  yield { part, isLast: true }
}

/** The republished copies not yet taken, in order of arrival. */
class LiveBuffer {
  #copies: Msg[] = []
  #bytes = 0
  #overrun = false

  constructor(
    private readonly stream: string,
    private readonly news: Notifier,
  ) {}

  offer(message: Msg): void {
    if (this.#copies.length >= MAX_BUFFER || this.#bytes >= MAX_BUFFER_BYTES) {
      this.#copies = []
      this.#bytes = 0
      this.#overrun = true
    }
    this.#copies.push(message)
    this.#bytes += message.data.length
    this.news.notify()
  }

  /**
   * The copies that directly follow `seq`, as many as are yielded together. The others are dropped: they are older, or beyond a hole,
   * which only the log can fill.
   */
  take(seq: number): { readonly copied: StoredCommit[]; readonly hole: boolean } {
    const copied: StoredCommit[] = []
    let next = seq + 1
    let hole = this.#overrun
    let [looked, bytes] = [0, 0]
    for (const copy of this.#copies) {
      if (bytes >= BATCH_BYTES) break
      looked++
      const at = Number(copy.headers?.get('Nats-Sequence'))
      if (at === next) {
        copied.push(storedCommitOf(this.stream, copy))
        bytes += copy.data.length
        next++
      } else if (at > next) hole = true
    }
    this.#copies = hole ? [] : this.#copies.slice(looked)
    this.#bytes = this.#copies.reduce((sum, { data }) => sum + data.length, 0)
    this.#overrun = false
    return { copied, hole }
  }
}
