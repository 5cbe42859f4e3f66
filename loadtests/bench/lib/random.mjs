/** Seeded random numbers: the same seed makes the same data and requests. */
export class Random {
  #state

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** 0 to 1, 1 excluded (mulberry32). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number, both ends included. @param {number} from @param {number} to */
  between(from, to) {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  of(list) {
    return /** @type {T} */ (list[Math.floor(this.next() * list.length)])
  }
}

/**
 * Draws from a list with Zipf's distribution, like words in speech: the n-th about 1/n as often as the first.
 * @template T
 */
export class Zipf {
  #upTo
  #sum

  /** @param {readonly T[]} list most frequent first @param {number} [steepness] 0: uniform */
  constructor(list, steepness = 1) {
    this.list = list
    let sum = 0
    this.#upTo = Float64Array.from(list, (_, i) => (sum += 1 / (i + 1) ** steepness))
    this.#sum = sum
  }

  /** @param {Random} random @returns {T} */
  draw(random) {
    const wanted = random.next() * this.#sum
    let low = 0
    let high = this.list.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (/** @type {number} */ (this.#upTo[middle]) < wanted) low = middle + 1
      else high = middle
    }
    return /** @type {T} */ (this.list[low])
  }
}
