import { Counter, type Registry } from 'prom-client'
import type { PreviewObserver, PreviewResult } from './application/ports.js'

/** Business metrics of previews. */
export class PreviewEvents implements PreviewObserver {
  readonly #results: Counter<'result'>

  constructor(registry: Registry) {
    this.#results = new Counter({
      name: 'beseda_previews_total',
      help: 'Pages fetched for a preview by result: found, empty (the page says nothing of itself), failed, or busy (not fetched).',
      labelNames: ['result'],
      registers: [registry],
    })
  }

  fetched(result: PreviewResult): void {
    this.#results.inc({ result })
  }
}
