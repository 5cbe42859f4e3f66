import { type EventStore, LogUnavailable, type StoredCommit, type StreamInfo } from '../port.js'
import { pause } from '../retry.js'
import { Wake } from '../wake.js'
import { FoldBatcher, type StreamBatch } from './fold-batcher.js'
import type { SqliteView } from './sqlite-view.js'
import { faultOf } from './view-fault.js'

export interface ProjectionOptions {
  readonly store: EventStore
  readonly view: SqliteView
  readonly streams: readonly string[]
  /**
   * A fold has thrown, or a stream was created anew: the projection has stopped, and the process should end. A log that does not
   * answer is no failure: the projection waits for it, and for room on a full disk.
   */
  readonly onFailure: (error: unknown) => void
  /**
   * Called before anything is folded, when the view lacks more of the log than it has: may give it the content of another replica's view
   * with `replaceBy`, which tells whether that file is one of this view. Whatever it gives is compared with the log.
   */
  readonly copy?: (replaceBy: (file: string) => boolean) => Promise<void>
  /** The disk has become full; the projection goes on by itself when there is room. */
  readonly onDiskFull?: (error: unknown) => void
}

/** Interval of the check that the streams still have the epochs that were folded. Longer: a view serves a replaced log for longer. */
const EPOCH_MS = 10_000
/**
 * The log knows a guard for two minutes. A decision on what a guard counts is made on a view that had the whole log at most this long before,
 * which leaves a minute for the append and its repeats: whoever wrote under the same guard before is in the view, or known to the log.
 */
const GUARD_MS = 60_000
/** Pause before a log that does not answer, or a disk that is full, is tried again. */
const PATIENCE_MS = 500
/** Pause before a stream is asked again whether it really ends before the view does: a new leader may not have read all of it yet. */
const CONFIRM_MS = 2_000

/**
 * Commits that a view lacks before it asks for a copy. Fewer are folded in less time than asking takes; more: a new replica of a small
 * installation folds for some seconds.
 */
const MANY_COMMITS = 1_000

interface Waiter {
  readonly seq: number
  readonly resolve: () => void
}

/** Keeps a view up to date with its streams: from its checkpoint to their ends, then live. */
export class Projection {
  /** Replaced when a stream has a new epoch, so read it from here each time. */
  view: SqliteView
  /** Resolves when the view has caught up with every stream once. */
  readonly ready: Promise<void>

  readonly #options: ProjectionOptions
  readonly #stop = new AbortController()
  readonly #applied = new Map<string, number>()
  readonly #listeners = new Set<(commit: StoredCommit) => void>()
  /** By stream. */
  readonly #waiters = new Map<string, Set<Waiter>>()
  /** By stream, a moment (`performance.now()`) at which the view is known to have had everything. */
  readonly #wholeAt = new Map<string, number>()
  /** Of the streams some of whose commits come into the view late. */
  readonly #wakes = new Map<string, Wake>()
  readonly #folds = new FoldBatcher(
    (batches) => this.view.applyAll(batches),
    () => this.view.held(),
  )
  #running: Promise<unknown> = Promise.resolve()
  #becomeReady: () => void = () => undefined
  #epochCheck: ReturnType<typeof setInterval> | undefined
  #diskFull = false

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

  /** The view cannot be written, because its disk is full. */
  get diskFull(): boolean {
    return this.#diskFull
  }

  /** The last sequence of a stream that was folded; 0: none. */
  applied(stream: string): number {
    return this.#applied.get(stream) ?? 0
  }

  /** Resolves when `seq` of the stream is folded; rejects with the signal's reason when it aborts before. */
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
      this.#wakes.get(stream)?.ask()
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  /**
   * Whether a decision on the view as it is may be appended with a guard. False: the view was not known to be recent enough; it is now, and
   * what was decided on it must be decided again.
   */
  async mayGuard(stream: string, signal?: AbortSignal): Promise<boolean> {
    const now = performance.now()
    const wholeAt = this.#wholeAt.get(stream)
    if (wholeAt !== undefined && now - wholeAt <= GUARD_MS) return true
    const { lastSeq } = await this.#options.store.info(stream)
    await this.waitFor(stream, lastSeq, signal)
    this.#wholeAt.set(stream, now)
    return false
  }

  /** Calls the listener with every commit once it is in the view, in order; also during a rebuild. Returns how to remove it. */
  onApplied(listener: (commit: StoredCommit) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#epochCheck)
    await this.#running
    await this.view.stopReading()
    this.view.close()
  }

  async #run(): Promise<void> {
    const { streams } = this.#options
    const infos = await this.#whileUnavailable(() => this.#infos())
    if (!infos) return
    const epochs = infos.map(({ epoch }) => epoch)
    if (this.#lacksMuch(infos)) await this.#options.copy?.((file) => this.#replaceBy(file))
    if (this.#stop.signal.aborted) return
    const reason = this.#isOfOtherStreams(infos) ? 'epoch' : (await this.#isAhead(infos)) ? 'ahead' : undefined
    if (this.#stop.signal.aborted) return
    if (reason) this.view = this.view.reset(reason)
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
    const { prompt } = this.view
    const wake = prompt && new Wake()
    if (wake) this.#wakes.set(stream, wake)
    let late = true
    await this.#whileUnavailable(async () => {
      const options = { afterSeq: this.applied(stream), signal: this.#stop.signal, prompt, wake }
      for await (const batch of this.#options.store.subscribe(stream, options)) {
        if (this.#stop.signal.aborted) return
        if (batch.commits.length > 0) await this.#fold({ stream, epoch, commits: batch.commits })
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

  /** A full disk has changed nothing in the view, so the same batch is folded when there is room. */
  async #fold(batch: StreamBatch): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#folds.add(batch)
        this.#diskFull = false
        return
      } catch (error) {
        if (faultOf(error) !== 'full') throw error
        if (!this.#diskFull) this.#options.onDiskFull?.(error)
        this.#diskFull = true
        await pause(PATIENCE_MS)
      }
    }
  }

  #infos(): Promise<StreamInfo[]> {
    const { store, streams } = this.#options
    return Promise.all(streams.map((stream) => store.info(stream)))
  }

  #replaceBy(file: string): boolean {
    const view = this.#stop.signal.aborted ? undefined : this.view.replaceBy(file)
    this.view = view ?? this.view
    return view !== undefined
  }

  #lacksMuch(infos: readonly StreamInfo[]): boolean {
    let [has, lacks] = [0, 0]
    for (const [i, { firstSeq, lastSeq }] of infos.entries()) {
      const seq = this.view.checkpoint(this.#options.streams[i] ?? '')?.seq ?? 0
      has += seq
      lacks += Math.max(0, lastSeq - Math.max(seq, firstSeq - 1))
    }
    return lacks >= MANY_COMMITS && lacks > has
  }

  #isOfOtherStreams(infos: readonly StreamInfo[]): boolean {
    return this.#options.streams.some((stream, i) => {
      const checkpoint = this.view.checkpoint(stream)
      return checkpoint !== undefined && checkpoint.epoch !== infos[i]?.epoch
    })
  }

  /** The view has folded what its log does not have: a log that has lost its end, or a checkpoint that is wrong. */
  async #isAhead(infos: readonly StreamInfo[]): Promise<boolean> {
    if (!this.#endsAfter(infos)) return false
    await pause(CONFIRM_MS)
    const again = await this.#whileUnavailable(() => this.#infos())
    return again !== undefined && this.#endsAfter(again)
  }

  #endsAfter(infos: readonly StreamInfo[]): boolean {
    return this.#options.streams.some(
      (stream, i) => (this.view.checkpoint(stream)?.seq ?? 0) > (infos[i]?.lastSeq ?? 0),
    )
  }

  /** The sequences of a stream that was created anew mean other commits, so nothing that was folded counts. */
  async #compareEpochs(folded: readonly string[]): Promise<void> {
    // The bus is away: the next check compares again.
    const present = await this.#infos().catch(() => undefined)
    if (!present || this.#stop.signal.aborted) return
    const changed = this.#options.streams.find((_, i) => present[i]?.epoch !== folded[i])
    if (changed === undefined) return
    clearInterval(this.#epochCheck)
    this.#options.onFailure(new Error(`stream ${changed} was created anew: the view holds another log`))
  }

  /** Repeats the work while the log does not answer; undefined when the projection is stopped before. */
  async #whileUnavailable<T>(work: () => Promise<T>): Promise<T | undefined> {
    while (!this.#stop.signal.aborted) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error
        await pause(PATIENCE_MS)
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
