/** The part of Artillery's report that is read here; times in ms. */
/** @typedef {{ min: number, max: number, count: number, p50: number, p95: number, p99: number }} Latency */
/** @typedef {{ counters: Record<string, number>, summaries: Record<string, Latency> }} Aggregate */

const LATENCIES = ['beseda.connect', 'beseda.message.post', 'beseda.message.delivery']

/** What a campaign measured, and what speaks against it. @param {Aggregate} aggregate */
export function verdictOf({ counters, summaries }) {
  const lines = LATENCIES.map((name) => {
    const { count = 0, p50 = 0, p95 = 0, p99 = 0 } = summaries[name] ?? {}
    return `${name.padEnd(26)} ${String(count).padStart(8)} times   p50 ${p50} ms   p95 ${p95} ms   p99 ${p99} ms`
  })
  return { lines, problems: [...problemsOf(counters)] }
}

/** @param {Record<string, number>} counters */
function* problemsOf(counters) {
  if (!counters['beseda.message.posted']) yield 'no message was posted'
  if (counters['beseda.message.lost']) yield `${counters['beseda.message.lost']} messages were lost`
  if (counters['beseda.message.duplicated']) yield `${counters['beseda.message.duplicated']} messages came twice`
  if (counters['vusers.failed']) yield `${counters['vusers.failed']} people could not finish`
  for (const [name, count] of Object.entries(counters)) {
    if (name.startsWith('errors.') || name.startsWith('beseda.closed.')) yield `${name}: ${count}`
  }
}
