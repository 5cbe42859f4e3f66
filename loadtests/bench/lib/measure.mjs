/** Before the measuring: for the compiler and the caches of the database. */
const WARM_UP = 20

/** @typedef {{ p50: number, p99: number, max: number }} Times in milliseconds */

/** @param {readonly number[]} times milliseconds, at least one @returns {Times} */
export function timesOf(times) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}

/**
 * One after another, each with arguments that were made before the clock started.
 * @template T
 * @param {number} count @param {() => T} prepare @param {(prepared: T) => unknown} run
 */
export async function measure(count, prepare, run) {
  const times = []
  for (let i = -WARM_UP; i < count; i++) {
    const prepared = prepare()
    const began = performance.now()
    await run(prepared)
    if (i >= 0) times.push(performance.now() - began)
  }
  return timesOf(times)
}
