import { decodeCommit, encodeCommit } from './codec.js'
import { commitKey, guardKey } from './commit-key.js'
import { Notifier } from './notifier.js'
import {
  type AppendRequest,
  type AppendResult,
  type EventStore,
  POLL_MS,
  type ReadOptions,
  type StoredCommit,
  type StreamInfo,
  type SubscribeOptions,
  type SubscriptionBatch,
} from './port.js'
import { matches } from './subjects.js'

interface MemoryStream {
  readonly epoch: string
  /** By sequence, from 1; undefined: erased. */
  readonly commits: (StoredCommit | undefined)[]
  readonly heads: Map<string, number>
  readonly ids: Map<string, number>
  readonly grown: Notifier
}

const isPresent = (commit: StoredCommit | undefined): commit is StoredCommit => commit !== undefined

/** The log in memory, for tests: the same contract. A stream is created when it is first used. */
export class MemoryEventStore implements EventStore {
  readonly #streams = new Map<string, MemoryStream>()
  #epochs = 0

  #stream(name: string): MemoryStream {
    let stream = this.#streams.get(name)
    if (!stream) {
      stream = {
        epoch: `memory-${++this.#epochs}`,
        commits: [],
        heads: new Map(),
        ids: new Map(),
        grown: new Notifier(),
      }
      this.#streams.set(name, stream)
    }
    return stream
  }

  /** The two minutes are over for which the log knows guards and ids. */
  forget(): void {
    for (const { ids } of this.#streams.values()) ids.clear()
  }

  /** Deletes a stream; its next use begins a new epoch. */
  drop(name: string): void {
    this.#streams.delete(name)
  }

  async append({ stream: name, subject, commit, expect, guard }: AppendRequest): Promise<AppendResult> {
    await Promise.resolve()
    const stream = this.#stream(name)
    const known = stream.ids.get(commitKey({ subject, commit }))
    if (known !== undefined) return { kind: 'appended', seq: known, duplicate: true }
    const last = expect ? (stream.heads.get(expect.subject) ?? 0) : 0
    if (expect && last !== expect.lastSeq) return { kind: 'conflict', lastSeq: last }
    const taken = guard === undefined ? undefined : stream.ids.get(guardKey(guard))
    if (taken !== undefined) return { kind: 'conflict', lastSeq: taken }
    const seq = stream.commits.length + 1
    stream.commits.push(decodeCommit(name, subject, seq, encodeCommit(commit)))
    stream.heads.set(subject, seq)
    stream.ids.set(commitKey({ subject, commit }), seq)
    if (guard !== undefined) stream.ids.set(guardKey(guard), seq)
    stream.grown.notify()
    return { kind: 'appended', seq, duplicate: false }
  }

  async read(name: string, { afterSeq, filter, limit }: ReadOptions): Promise<readonly StoredCommit[]> {
    const after = this.#stream(name).commits.slice(afterSeq).filter(isPresent)
    return after.filter(({ subject }) => filter === undefined || matches(filter, subject)).slice(0, limit)
  }

  async last(name: string, subject: string): Promise<StoredCommit | undefined> {
    const stream = this.#stream(name)
    const seq = stream.heads.get(subject)
    return seq === undefined ? undefined : stream.commits[seq - 1]
  }

  async heads(name: string, filters: readonly string[], afterSeq = 0): Promise<ReadonlyMap<string, number>> {
    const moved = [...this.#stream(name).heads].filter(([, seq]) => seq > afterSeq)
    return new Map(moved.filter(([subject]) => filters.some((filter) => matches(filter, subject))))
  }

  async info(name: string): Promise<StreamInfo> {
    const { epoch, commits } = this.#stream(name)
    return { epoch, firstSeq: commits.length > 0 ? 1 : 0, lastSeq: commits.length }
  }

  async erase(name: string, seq: number): Promise<void> {
    const stream = this.#stream(name)
    const erased = stream.commits[seq - 1]
    if (!erased) return
    stream.commits[seq - 1] = undefined
    const before = stream.commits.findLast((commit) => commit?.subject === erased.subject)
    if (before) stream.heads.set(erased.subject, before.seq)
    else stream.heads.delete(erased.subject)
  }

  async purge(name: string, subject: string, uptoSeq: number): Promise<void> {
    const due = this.#stream(name).commits.filter((commit) => commit?.subject === subject && commit.seq <= uptoSeq)
    for (const commit of due) if (commit) await this.erase(name, commit.seq)
  }

  async *subscribe(
    name: string,
    { afterSeq, signal, prompt, wake }: SubscribeOptions,
  ): AsyncIterable<SubscriptionBatch> {
    const stream = this.#stream(name)
    wake?.onAsk(() => stream.grown.notify())
    let seq = afterSeq
    let first = true
    let polled = false
    while (!signal.aborted) {
      const end = stream.commits.length
      const commits = stream.commits.slice(seq).filter(isPresent)
      const asked = wake?.take() ?? false
      if (first || polled || asked || commits.some(({ subject }) => isPrompt(subject, prompt))) {
        if (commits.length > 0 || first) yield { commits, caughtUp: true }
        seq = end
        first = false
      }
      polled = false
      if (stream.commits.length === end) polled = !(await stream.grown.wait(signal, prompt && POLL_MS))
    }
  }
}

const isPrompt = (subject: string, prompt: readonly string[] | undefined): boolean =>
  prompt?.some((filter) => matches(filter, subject)) ?? true
