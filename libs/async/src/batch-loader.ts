/**
 * How long requests gather while another batch is in flight. Longer: one slow replica delays everybody; shorter: more batches in a storm.
 */
const MAX_WAIT_MS = 20

interface Waiting<K, V> {
  readonly key: K
  readonly resolve: (answer: V) => void
  readonly reject: (error: unknown) => void
}

/** Loads many keys with one request. A caller only ever gets an answer to a request that was sent after it asked. */
export class BatchLoader<K, V> {
  #waiting: Waiting<K, V>[] = []
  #inFlight = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /**
   * @param batchSize keys of one request at most
   * @param load answers in the order of the keys; it may answer only the first of them (at least one): the others are loaded again
   */
  constructor(
    private readonly batchSize: number,
    private readonly load: (keys: readonly K[]) => Promise<readonly V[]>,
  ) {}

  get(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      if (this.#inFlight === 0 || this.#waiting.length >= this.batchSize) this.#send()
      else this.#timer ??= setTimeout(() => this.#send(), MAX_WAIT_MS)
    })
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#waiting.splice(0, this.batchSize)
    this.#inFlight++
    void this.#answer(batch).then((unanswered) => {
      this.#inFlight--
      this.#waiting.unshift(...unanswered)
      if (this.#waiting.length > 0) this.#send()
    })
  }

  /** Returns the callers that the answer left out. */
  async #answer(batch: readonly Waiting<K, V>[]): Promise<readonly Waiting<K, V>[]> {
    try {
      const answers = await this.load(batch.map(({ key }) => key))
      for (const [i, answer] of answers.entries()) batch[i]?.resolve(answer)
      if (answers.length > 0) return batch.slice(answers.length)
      throw new Error(`batch response lacks key ${String(batch[0]?.key)}`)
    } catch (error) {
      for (const { reject } of batch) reject(error)
      return []
    }
  }
}
