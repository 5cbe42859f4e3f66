import { FoldRound } from './fold-round.js'
import { type EventStore, LogUnavailable, type StoredCommit } from './port.js'
import type { SqliteView } from './sqlite-view.js'

export interface ProjectionOptions {
  readonly store: EventStore
  readonly view: SqliteView
  readonly streams: readonly string[]
  /**
   * A fold that throws, or a stream that is another one than before: the projection has stopped and the process should too; it begins
   * again with an empty view. A log that does not answer is no failure: it is waited for.
   */
  readonly onFailure: (error: unknown) => void
}

/** How often it is looked whether a stream still is the one that was folded. */
const EPOCH_MS = 10_000
/** Before a log that does not answer is asked again. */
const PATIENCE_MS = 500

interface Waiter {
  readonly seq: number
  readonly resolve: () => void
}

/** Keeps a view in step with its streams: from the checkpoint to the end, then live. */
export class Projection {
  /** Replaced when a stream's epoch is a new one: always read it from here. */
  view: SqliteView
  /** Resolves when every stream has been caught up with once. */
  readonly ready: Promise<void>

  readonly #options: ProjectionOptions
  readonly #stop = new AbortController()
  readonly #applied = new Map<string, number>()
  readonly #listeners = new Set<(commit: StoredCommit) => void>()
  /** By stream. */
  readonly #waiters = new Map<string, Set<Waiter>>()
  readonly #rounds = new FoldRound((pieces) => this.view.applyTogether(pieces))
  #running: Promise<unknown> = Promise.resolve()
  #becomeReady: () => void = () => undefined
  #epochCheck: ReturnType<typeof setInterval> | undefined

  constructor(options: ProjectionOptions) {
    this.#options = options
    this.view = options.view
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve
    })
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.onFailure(error)
    })
  }

  /** Sequence up to which a stream has been folded. */
  applied(stream: string): number {
    return this.#applied.get(stream) ?? 0
  }

  /** Resolves when `seq` of the stream has been folded; rejects with the signal's reason. */
  waitFor(stream: string, seq: number, signal?: AbortSignal): Promise<void> {
    if (this.applied(stream) >= seq) return Promise.resolve()
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(stream) ?? new Set()
      this.#waiters.set(stream, waiters)
      const giveUp = () => {
        waiters.delete(waiter)
        reject(signal?.reason)
      }
      const waiter = {
        seq,
        resolve: () => {
          signal?.removeEventListener('abort', giveUp)
          resolve()
        },
      }
      waiters.add(waiter)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** Called with every commit after it is in the view, in order; also during a rebuild. Returns how to stop it. */
  onApplied(listener: (commit: StoredCommit) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#epochCheck)
    await this.#running
    this.view.close()
  }

  async #run(): Promise<void> {
    const { streams } = this.#options
    const epochs = await this.#patiently(() => this.#epochs())
    if (!epochs) return
    const foreign = streams.some((stream, i) => {
      const checkpoint = this.view.checkpoint(stream)
      return checkpoint !== undefined && checkpoint.epoch !== epochs[i]
    })
    if (foreign) this.view = this.view.reset()
    this.#epochCheck = setInterval(() => void this.#compareEpochs(epochs), EPOCH_MS)
    let behind = streams.length
    const follow = (stream: string, epoch: string) =>
      this.#follow(stream, epoch, () => {
        if (--behind === 0) this.#becomeReady()
      })
    await Promise.all(streams.map((stream, i) => follow(stream, epochs[i] ?? '')))
  }

  async #follow(stream: string, epoch: string, caughtUp: () => void): Promise<void> {
    this.#applied.set(stream, this.view.checkpoint(stream)?.seq ?? 0)
    let late = true
    await this.#patiently(async () => {
      const options = { afterSeq: this.applied(stream), signal: this.#stop.signal }
      for await (const batch of this.#options.store.subscribe(stream, options)) {
        if (this.#stop.signal.aborted) return
        if (batch.commits.length > 0) await this.#rounds.add({ stream, epoch, commits: batch.commits })
        const last = batch.commits.at(-1)
        if (last) this.#advance(stream, last.seq)
        for (const commit of batch.commits) for (const listener of this.#listeners) listener(commit)
        if (late && batch.caughtUp) {
          late = false
          caughtUp()
        }
      }
    })
  }

  #epochs(): Promise<string[]> {
    const { store, streams } = this.#options
    return Promise.all(streams.map(async (stream) => (await store.info(stream)).epoch))
  }

  /** Sequences of a stream that was made anew mean other commits: nothing that was folded counts. */
  async #compareEpochs(folded: readonly string[]): Promise<void> {
    const present = await this.#epochs().catch(() => undefined)
    if (!present || this.#stop.signal.aborted) return
    const changed = this.#options.streams.find((_, i) => present[i] !== folded[i])
    if (changed === undefined) return
    clearInterval(this.#epochCheck)
    this.#options.onFailure(new Error(`${changed} is another stream than the one that was folded`))
  }

  /** Does the work again while the log does not answer, until it is done or the projection is stopped. */
  async #patiently<T>(work: () => Promise<T>): Promise<T | undefined> {
    while (!this.#stop.signal.aborted) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error
        await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))
      }
    }
    return undefined
  }

  #advance(stream: string, seq: number): void {
    this.#applied.set(stream, seq)
    const waiters = this.#waiters.get(stream)
    for (const waiter of waiters ?? []) {
      if (waiter.seq > seq) continue
      waiters?.delete(waiter)
      waiter.resolve()
    }
  }
}
