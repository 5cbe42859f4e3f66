import { Semaphore } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { SqlValue } from '../sql-value.js'
import { startThread } from '../thread.js'
import type { Answer, Question } from './messages.js'

/** Queries that wait. A slow one takes some tens of milliseconds, so the last one waits a second or two. */
const QUEUE = 64
/** When a refused caller should come back: the queue is empty by then. */
const RETRY_AFTER_MS = 3_000
/** MB of the thread's heap: rows on their way. */
const HEAP_MB = 64

interface Asked {
  readonly resolve: (rows: readonly unknown[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Queries on a view that may take long, on a thread of their own: the thread of the service answers others meanwhile. It reads what is
 * committed when the query begins, so everything that the caller has seen in the view is there.
 */
export class ViewReader {
  readonly #thread: ReturnType<typeof startThread>
  readonly #turns = new Semaphore({ permits: 1, queueLimit: QUEUE })
  readonly #asked = new Map<number, Asked>()
  #last = 0
  #ended: unknown

  constructor(file: string) {
    this.#thread = startThread(new URL('./thread.js', import.meta.url), { heapMb: HEAP_MB, data: file })
    this.#thread.on('message', (answer: Answer) => this.#hear(answer))
    this.#thread.once('error', (error) => this.#end(error))
    this.#thread.once('exit', () => this.#end(new Error('the thread that reads the view has ended')))
  }

  /**
   * All rows. Errors: RATE_LIMITED when too many wait; the signal's reason when it aborts before the query begins; those of SQLite, with
   * their `errcode`.
   */
  async all(sql: string, values: readonly SqlValue[], signal?: AbortSignal): Promise<readonly unknown[]> {
    if (this.#turns.full) throw new Refusal(ErrorReason.RATE_LIMITED, {}, RETRY_AFTER_MS)
    return this.#turns.run(async () => {
      signal?.throwIfAborted()
      if (this.#ended !== undefined) throw this.#ended
      const { promise, resolve, reject } = Promise.withResolvers<readonly unknown[]>()
      const question: Question = { id: ++this.#last, sql, values }
      this.#asked.set(question.id, { resolve, reject })
      this.#thread.postMessage(question)
      return promise
    })
  }

  /** Those who wait get an error. A running query ends first. */
  async stop(): Promise<void> {
    this.#end(new Error('the view is closed'))
    await this.#thread.terminate()
  }

  #hear(answer: Answer): void {
    const asked = this.#asked.get(answer.id)
    this.#asked.delete(answer.id)
    if ('rows' in answer) asked?.resolve(answer.rows)
    else asked?.reject(Object.assign(new Error(answer.error), { errcode: answer.errcode }))
  }

  #end(error: unknown): void {
    this.#ended ??= error
    for (const { reject } of this.#asked.values()) reject(this.#ended)
    this.#asked.clear()
  }
}
