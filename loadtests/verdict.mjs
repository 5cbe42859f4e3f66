/** The used fields of Artillery's report; times in ms. */
/** @typedef {{ min: number, max: number, mean: number, count: number, p50: number, p95: number, p99: number }} Latency */
/** @typedef {{ counters: Record<string, number>, summaries: Record<string, Latency> }} Aggregate */

/** Limits of Mattermost's load test: mean and p99 of a request, and the share of failures. */
export const THRESHOLDS = { meanMs: 100, p99Ms: 2_000, errors: 0.00025 }

/** The measurements of a campaign, and the violated limits. @param {Aggregate} aggregate */
export function verdictOf({ counters, summaries }) {
  const names = Object.keys(summaries).filter((name) => name.startsWith('beseda.'))
  const lines = names
    .toSorted((a, b) => a.localeCompare(b, 'en'))
    .map((name) => {
      const { count = 0, mean = 0, p50 = 0, p95 = 0, p99 = 0 } = summaries[name] ?? {}
      return `${name.padEnd(26)} ${String(count).padStart(8)} times   mean ${mean} ms   p50 ${p50} ms   p95 ${p95} ms   p99 ${p99} ms`
    })
  return { lines, problems: [...lossesOf(counters), ...slownessOf(summaries['beseda.request']), ...errorsOf(counters)] }
}

/** The violated limits of Mattermost's search for the most users: p99 and failures, not the mean. @param {Aggregate} aggregate */
export function limitsBroken({ counters, summaries }) {
  const { p99 = Number.POSITIVE_INFINITY } = summaries['beseda.request'] ?? {}
  const slow = p99 > THRESHOLDS.p99Ms ? [`one request in a hundred takes ${p99} ms`] : []
  return [...slow, ...lossesOf(counters), ...errorsOf(counters)]
}

/** @param {Record<string, number>} counters */
function* lossesOf(counters) {
  if (!counters['beseda.requests']) yield 'nothing was asked'
  if (counters['beseda.message.lost']) yield `${counters['beseda.message.lost']} messages were lost`
  if (counters['beseda.message.duplicated']) yield `${counters['beseda.message.duplicated']} messages came twice`
}

/** @param {Latency | undefined} latency */
function* slownessOf(latency) {
  if (!latency) return
  if (latency.mean > THRESHOLDS.meanMs)
    yield `a request takes ${latency.mean} ms in the mean, more than ${THRESHOLDS.meanMs}`
  if (latency.p99 > THRESHOLDS.p99Ms)
    yield `one request in a hundred takes ${latency.p99} ms, more than ${THRESHOLDS.p99Ms}`
}

/** Failures, if their share of all requests is too high. @param {Record<string, number>} counters */
function* errorsOf(counters) {
  const failures = Object.entries(counters).filter(([name]) => /^(errors\.|beseda\.closed\.)/.test(name))
  const failed = failures.reduce((sum, [, count]) => sum + count, 0) + (counters['beseda.refused'] ?? 0)
  if (failed <= (counters['beseda.requests'] ?? 0) * THRESHOLDS.errors) return
  yield `${failed} of ${counters['beseda.requests'] ?? 0} requests failed, more than ${THRESHOLDS.errors * 100} %`
  for (const [name, count] of failures) yield `${name}: ${count}`
  if (counters['vusers.failed']) yield `${counters['vusers.failed']} people could not finish`
}
