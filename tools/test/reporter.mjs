import { writeFileSync } from 'node:fs'

/**
 * A reporter of Vitest that writes what outcome.mjs counts to the file named by BESEDA_TEST_REPORT. Vitest's own JSON
 * report does not tell why a test was skipped.
 */
export default class OutcomeReporter {
  /** @param {readonly import('vitest/node').TestModule[]} modules @param {readonly unknown[]} unhandled */
  onTestRunEnd(modules, unhandled) {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map(resultOf))
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
    const broken = unhandled.length + suites.filter((suite) => suite.errors().length > 0).length
    writeFileSync(process.env.BESEDA_TEST_REPORT ?? '', JSON.stringify({ tests, broken }))
  }
}

/** @param {import('vitest/node').TestCase} test @returns {import('./outcome.mjs').TestResult} */
function resultOf(test) {
  const result = test.result()
  return { name: test.fullName, state: result.state, ...(result.state === 'skipped' ? { note: result.note } : {}) }
}
