import { Histogram, type Registry } from 'prom-client'
import type { CaptionObserver, CaptionResult } from './application/ports.js'

/** Business metrics of captions. */
export class CaptionEvents implements CaptionObserver {
  readonly #results: Histogram<'result'>

  constructor(registry: Registry) {
    this.#results = new Histogram({
      name: 'beseda_caption_seconds',
      help: 'Time that utterances took, by result: text, empty (nothing was said), failed (by the engine), or busy (not tried).',
      labelNames: ['result'],
      buckets: [0.25, 0.5, 1, 2, 3, 5],
      registers: [registry],
    })
  }

  transcribed(result: CaptionResult, ms: number): void {
    this.#results.observe({ result }, ms / 1_000)
  }
}
