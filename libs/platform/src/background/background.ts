import { PartialFailure } from '@beseda/async'
import type { Projection, StoredCommit } from '@beseda/event-log'
import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'
import { BackgroundWork } from './work.js'

/** How soon what a failed round left over is tried again. Shorter: a broken dependency is asked more often; longer: work waits. */
const RETRY_MS = 30_000

/** What background work needs of a projection. */
type Followed = Pick<Projection, 'ready' | 'onApplied'>

/** The background work of a process: rounds, one at a time for each kind of work. Failures are logged, counted and tried again. */
export class Background {
  readonly #work = new Set<BackgroundWork>()
  readonly #failures: Counter<'work'>

  constructor(
    private readonly logger: Logger,
    metrics: Registry,
  ) {
    this.#failures = new Counter({
      name: 'beseda_background_failures_total',
      help: 'Items of background work that failed and will be tried again, by kind of work.',
      labelNames: ['work'],
      registers: [metrics],
    })
  }

  /**
   * Work that follows from what is in a view (a process manager): runs once the view has caught up, after every commit that concerns
   * it, and every 30 seconds.
   */
  follow(
    name: string,
    projection: Followed,
    round: () => Promise<unknown>,
    concerns: (commit: StoredCommit) => boolean = () => false,
  ): void {
    const work = this.#add(name, round)
    void projection.ready.then(() => {
      work.run()
      work.every(RETRY_MS)
      projection.onApplied((commit) => {
        if (concerns(commit)) work.run()
      })
    })
  }

  /** Work that runs every `ms`; with a projection, from when its view has caught up. */
  every(name: string, ms: number, round: () => Promise<unknown>, projection?: Followed): void {
    const work = this.#add(name, round)
    if (projection) void projection.ready.then(() => work.every(ms))
    else work.every(ms)
  }

  /** Starts no more rounds; resolves when the running ones have ended. */
  async stop(): Promise<void> {
    await Promise.all([...this.#work].map((work) => work.stop()))
  }

  #add(name: string, round: () => Promise<unknown>): BackgroundWork {
    const work = new BackgroundWork(round, (error) => this.#failed(name, error))
    this.#work.add(work)
    return work
  }

  /** Every failed item of a round is logged and counted by itself. */
  #failed(name: string, error: unknown): void {
    for (const err of error instanceof PartialFailure ? error.failures : [error]) {
      this.#failures.inc({ work: name })
      this.logger.warn({ err, name }, 'background work failed')
    }
  }
}
