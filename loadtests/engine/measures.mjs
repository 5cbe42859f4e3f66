/** @typedef {{ min: number, max: number, mean: number, count: number, p50: number, p95: number, p99: number }} Summary */

/** Collects counts and times, and summarises them in the format of Artillery's report. */
export class Measures {
  /** @type {Record<string, number>} */
  counters = {}
  /** @type {Map<string, number[]>} */
  #values = new Map()

  /** @param {string} event @param {string} [name] @param {number} [value] */
  emit(event, name = '', value = 1) {
    if (event === 'counter') this.#count(name, value)
    if (event === 'error') this.#count(`errors.${name}`, 1)
    if (event !== 'histogram') return
    const values = this.#values.get(name) ?? []
    this.#values.set(name, values)
    values.push(value)
  }

  /** @param {string} name @param {number} value */
  #count(name, value) {
    this.counters[name] = (this.counters[name] ?? 0) + value
  }

  /** @returns {{ counters: Record<string, number>, summaries: Record<string, Summary> }} */
  aggregate() {
    const summaries = [...this.#values].map(([name, values]) => /** @type {const} */ ([name, summaryOf(values)]))
    return { counters: this.counters, summaries: Object.fromEntries(summaries) }
  }
}

/** @param {number[]} values @returns {Summary} */
function summaryOf(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (/** @type {number} */ share) => Math.round((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) * 10) / 10
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  return {
    min: at(0.0001),
    max: at(1),
    mean: Math.round(mean * 10) / 10,
    count: sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  }
}
