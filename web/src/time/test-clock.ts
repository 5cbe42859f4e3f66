import type { Clock } from './clock.js'

/** A clock that advances when a test says so; pending promises settle first. */
export class TestClock implements Clock {
  #now = 1_000_000
  readonly #waiting = new Set<{ readonly at: number; readonly work: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, work: () => void): () => void {
    const entry = { at: this.#now + ms, work }
    this.#waiting.add(entry)
    return () => this.#waiting.delete(entry)
  }

  /** The device sleeps: timers that are due run late. */
  sleep(ms: number): void {
    this.#now += ms
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settle()
      const [next] = [...this.#waiting].sort((a, b) => a.at - b.at)
      if (!next || next.at > end) break
      this.#now = Math.max(this.#now, next.at)
      this.#waiting.delete(next)
      next.work()
    }
    this.#now = end
  }
}

/** Lets promises settle that wait only for each other. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}
