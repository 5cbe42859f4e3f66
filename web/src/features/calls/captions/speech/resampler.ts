/** Makes sound of another rate, continuously: each sample is the mean of what was heard in its time. Enough for speech. */
export class Resampler {
  readonly #ratio: number
  #sum = 0
  /** Of the time of the next sample, in samples that come in. */
  #missing: number

  constructor(from: number, to: number) {
    this.#ratio = from / to
    this.#missing = this.#ratio
  }

  /** Samples from -1 to 1. */
  push(samples: Float32Array): Float32Array {
    const made: number[] = []
    for (const sample of samples) {
      let left = 1
      while (left > 0) {
        const taken = Math.min(left, this.#missing)
        this.#sum += sample * taken
        left -= taken
        this.#missing -= taken
        if (this.#missing > Number.EPSILON * 64) continue
        made.push(this.#sum / this.#ratio)
        this.#sum = 0
        this.#missing = this.#ratio
      }
    }
    return Float32Array.from(made)
  }
}
