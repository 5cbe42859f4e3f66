/** Bounds how many tasks run at once; the others wait in the order in which they came. */
export class Semaphore {
  #running = 0
  readonly #queue = new Set<() => void>()

  /**
   * `permits`: tasks that run at once. `queueLimit`: waiting tasks at which {@link full} is true; the caller decides what to refuse. It is
   * not enforced here, because a task that was let in before the queue filled up must still run.
   */
  constructor(private readonly limits: { readonly permits: number; readonly queueLimit?: number }) {}

  /** Tasks that wait. */
  get waiting(): number {
    return this.#queue.size
  }

  get full(): boolean {
    return this.#queue.size >= (this.limits.queueLimit ?? Number.POSITIVE_INFINITY)
  }

  /** Runs the task when a permit is free. A task that fails gives its permit back. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.limits.permits) this.#running++
    // A finished task hands its permit to the next one: it is never free while somebody waits.
    else await new Promise<void>((resolve) => this.#queue.add(resolve))
    try {
      return await task()
    } finally {
      const [next] = this.#queue
      if (next) {
        this.#queue.delete(next)
        next()
      } else this.#running--
    }
  }
}
