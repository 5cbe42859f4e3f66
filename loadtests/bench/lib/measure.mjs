/** Warm-up runs, for the compiler and the caches of the database. */
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
 * Runs one after another, each with arguments prepared before the clock starts.
 * `cpu`: the CPU time of this thread. For code without waiting it is the duration on an otherwise idle machine.
 * @template T
 * @param {number} count @param {() => T} prepare @param {(prepared: T) => unknown} run
 * @returns {Promise<Times & { cpu: Times }>}
 */
export async function measure(count, prepare, run) {
  /** @type {number[]} */
  const times = []
  /** @type {number[]} */
  const worked = []
  for (let i = -WARM_UP; i < count; i++) {
    const prepared = prepare()
    const before = process.threadCpuUsage()
    const began = performance.now()
    await run(prepared)
    if (i < 0) continue
    times.push(performance.now() - began)
    const { user, system } = process.threadCpuUsage(before)
    worked.push((user + system) / 1_000)
  }
  return { ...timesOf(times), cpu: timesOf(worked) }
}
