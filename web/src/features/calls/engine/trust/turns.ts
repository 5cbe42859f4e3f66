import { handled } from '../../../../diagnostics/log.js'

/** Steps, one after another. A step before which nothing waits is taken at once. */
export class Turns {
  #last: Promise<void> | undefined

  take(step: () => Promise<void> | undefined): void {
    const taken = this.#last === undefined ? step() : this.#last.then(step)
    if (taken === undefined) return
    const done = taken.catch(handled('calls.trust')).finally(() => {
      if (this.#last === done) this.#last = undefined
    })
    this.#last = done
  }
}
