/**
 * How long nothing may be heard of a run, ms. Longer than any test may take (`vitest.config.ts`): such a limit is kept by the page or the
 * process that runs the test, and one that is busy for ever keeps none.
 */
export const SILENCE_MS = 15 * 60_000

/** Tells when nothing was heard for `ms`. */
export class Silence {
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  /** @param {() => void} onSilence @param {number} ms */
  constructor(onSilence, ms = SILENCE_MS) {
    this.onSilence = onSilence
    this.ms = ms
  }

  get sentence() {
    return `nothing was heard of it for ${this.ms / 60_000} min, so the run was ended`
  }

  heard() {
    this.end()
    this.#timer = setTimeout(this.onSilence, this.ms)
  }

  end() {
    clearTimeout(this.#timer)
  }
}
