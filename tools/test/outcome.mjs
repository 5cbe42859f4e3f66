/** The result of a test. `note` says why it was skipped, or why it failed. */
/** @typedef {{ name: string, state: 'passed' | 'failed' | 'skipped' | 'pending', note?: string | undefined }} TestResult */
/** An error outside any test: a file that cannot be read, a hook, an unhandled rejection. */
/** `crashed`: the file in which a native module crashed. @typedef {{ name: string, note?: string | undefined, crashed?: string | undefined }} Broken */
/** @typedef {{ tests: TestResult[], broken: Broken[], files?: import('./slowest.mjs').TimedFile[] }} Report */
/** `failures` and `skipped`: a line each, with the reason. @typedef {{ passed: number, failed: number, failures: string[], skipped: string[], files: import('./slowest.mjs').TimedFile[] }} Outcome */

/**
 * Counts a run. Each error outside of tests counts as one failure, and so does a run that Vitest reports as failed
 * without reporting any error (it crashed, a browser did not start).
 * @param {Report | undefined} report undefined: none was written @param {number} code exit code of Vitest
 * @returns {Outcome}
 */
export function outcomeOf(report, code) {
  const { tests, broken, files = [] } = report ?? { tests: [], broken: [] }
  const failures = [
    ...broken.map(({ name, note }) => line(name, note)),
    ...tests.filter(({ state }) => state === 'failed').map(({ name, note }) => line(name, note)),
    ...tests.filter(({ state }) => state === 'pending').map(({ name }) => line(name, 'it never ended')),
  ]
  if (failures.length === 0 && code !== 0) failures.push(`Vitest ended with code ${code} and names no failure`)
  return {
    passed: tests.filter(({ state }) => state === 'passed').length,
    failed: failures.length,
    failures,
    skipped: tests.filter(({ state }) => state === 'skipped').map(({ name, note }) => line(name, note)),
    files,
  }
}

/** @param {string} name @param {string | undefined} note */
const line = (name, note) => `${name}: ${note?.split('\n')[0] || 'no reason given'}`
