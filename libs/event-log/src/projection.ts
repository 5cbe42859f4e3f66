import type { EventStore, StoredCommit } from './port.js'
import type { SqliteView } from './sqlite-view.js'

export interface ProjectionOptions {
  readonly store: EventStore
  readonly view: SqliteView
  readonly streams: readonly string[]
  /** A fold that throws, or a log that ends: the projection has stopped and the process should too. */
  readonly onFailure: (error: unknown) => void
}

interface Waiter {
  readonly stream: string
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
  #waiters: Waiter[] = []
  #running: Promise<unknown> = Promise.resolve()
  #becomeReady: () => void = () => undefined

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
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { stream, seq, resolve }
      this.#waiters.push(waiter)
      signal?.addEventListener(
        'abort',
        () => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter)
          reject(signal.reason)
        },
        { once: true },
      )
    })
  }

  /** Called with every commit after it is in the view, in order; also during a rebuild. Returns how to stop it. */
  onApplied(listener: (commit: StoredCommit) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    this.view.close()
  }

  async #run(): Promise<void> {
    const { store, streams } = this.#options
    const epochs = await Promise.all(streams.map(async (stream) => (await store.info(stream)).epoch))
    const foreign = streams.some((stream, i) => {
      const checkpoint = this.view.checkpoint(stream)
      return checkpoint !== undefined && checkpoint.epoch !== epochs[i]
    })
    if (foreign) this.view = this.view.reset()
    let behind = streams.length
    const follow = (stream: string, epoch: string) =>
      this.#follow(stream, epoch, () => {
        if (--behind === 0) this.#becomeReady()
      })
    await Promise.all(streams.map((stream, i) => follow(stream, epochs[i] ?? '')))
  }

  async #follow(stream: string, epoch: string, caughtUp: () => void): Promise<void> {
    const { store } = this.#options
    const afterSeq = this.view.checkpoint(stream)?.seq ?? 0
    this.#applied.set(stream, afterSeq)
    let late = true
    for await (const batch of store.subscribe(stream, { afterSeq, signal: this.#stop.signal })) {
      if (this.#stop.signal.aborted) return
      this.view.applyBatch(stream, epoch, batch.commits)
      const last = batch.commits.at(-1)
      if (last) this.#advance(stream, last.seq)
      for (const commit of batch.commits) for (const listener of this.#listeners) listener(commit)
      if (late && batch.caughtUp) {
        late = false
        caughtUp()
      }
    }
  }

  #advance(stream: string, seq: number): void {
    this.#applied.set(stream, seq)
    const due = this.#waiters.filter((waiter) => waiter.stream === stream && waiter.seq <= seq)
    if (due.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter))
    for (const { resolve } of due) resolve()
  }
}
