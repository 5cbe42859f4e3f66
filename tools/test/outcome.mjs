/** What a test came to. `note` says why it was skipped. */
/** @typedef {{ name: string, state: 'passed' | 'failed' | 'skipped' | 'pending', note?: string | undefined }} TestResult */
/** `broken`: errors outside of any test: a file that cannot be read, a hook, an unhandled rejection. */
/** @typedef {{ tests: TestResult[], broken: number }} Report */
/** @typedef {{ passed: number, failed: number, skipped: string[] }} Outcome */

/**
 * Counts a run. Each error outside of tests counts as one failure, and so does a run that Vitest itself calls failed
 * though it reports nothing wrong (it died, a browser did not start).
 * @param {Report | undefined} report undefined: none was written @param {number} code exit code of Vitest
 * @returns {Outcome}
 */
export function outcomeOf(report, code) {
  const { tests, broken } = report ?? { tests: [], broken: 0 }
  const unfinished = tests.filter(({ state }) => state === 'failed' || state === 'pending').length
  const failed = unfinished + broken
  return {
    passed: tests.filter(({ state }) => state === 'passed').length,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: tests
      .filter(({ state }) => state === 'skipped')
      .map(({ name, note }) => `${name}: ${note ?? 'no reason given'}`),
  }
}
