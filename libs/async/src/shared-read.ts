/**
 * One read at a time, shared by all callers that arrived while the previous one was in flight. A caller only ever gets an answer to a read
 * that began after it asked.
 */
export class SharedRead<K, R> {
  #next: { readonly keys: K[]; readonly result: Promise<R> } | undefined
  #inFlight: Promise<unknown> = Promise.resolve()

  constructor(private readonly read: (keys: readonly K[]) => Promise<R>) {}

  /** The result covers these keys, and those of the callers that share the read. */
  get(keys: readonly K[]): Promise<R> {
    this.#next ??= this.#prepare()
    for (const key of keys) this.#next.keys.push(key)
    return this.#next.result
  }

  #prepare() {
    const keys: K[] = []
    const result = this.#inFlight.then(() => {
      this.#next = undefined
      return this.read(keys)
    })
    // The callers get the error; the next read only waits for the end.
    this.#inFlight = result.catch(() => undefined)
    return { keys, result }
  }
}
