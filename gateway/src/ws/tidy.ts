import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Quiet is when nobody has come for so long. */
const QUIET_MS = 5_000
/** After fewer arrivals nothing is worth a collection. */
const WORTH = 1_000

/**
 * What thousands of arrivals leave behind in the heap would stay for as long as clients ping: the engine collects by itself when memory is
 * wanted, or nothing at all happens. So it is told to once, when the storm is over: a pause then, which is short beside the storm.
 */
export class Tidy {
  #arrivals = 0
  #lastAt = 0

  constructor(private readonly collect: () => void = garbageCollection()) {}

  arrived(now: number): void {
    this.#arrivals++
    this.#lastAt = now
  }

  /** What a clock says. */
  check(now: number): void {
    if (this.#arrivals < WORTH || now - this.#lastAt < QUIET_MS) return
    this.#arrivals = 0
    this.collect()
  }
}

/** The engine's own, which Node shows only when it is asked to; of the kind that gives memory back, too. */
function garbageCollection(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as NodeJS.GCFunction
  return () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
