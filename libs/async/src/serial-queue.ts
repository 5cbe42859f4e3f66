/** Runs the tasks of one key one after another, in order of arrival; different keys run side by side. */
export class SerialQueue {
  readonly #tails = new Map<string, Promise<unknown>>()

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(task, task)
    // The caller gets the error; the next task runs all the same.
    const tail = result.catch(() => undefined)
    this.#tails.set(key, tail)
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    })
    return result
  }

  /** Keys with a task running or waiting. */
  get size(): number {
    return this.#tails.size
  }
}
