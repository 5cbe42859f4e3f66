import { writeFileSync } from 'node:fs'
import { ROOT } from '../lib/root.mjs'
import { crashedFile } from './crash.mjs'

/**
 * A Vitest reporter that writes what outcome.mjs counts to the file named by BESEDA_TEST_REPORT. Vitest's own JSON
 * report does not say why a test was skipped.
 */
export default class OutcomeReporter {
  /** @param {readonly import('vitest/node').TestModule[]} modules @param {readonly import('vitest/node').SerializedError[]} unhandled */
  onTestRunEnd(modules, unhandled) {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map(resultOf))
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
    const broken = [
      ...unhandled.map((error) => ({ name: 'between tests', note: error.message, crashed: crashedFile(error, ROOT) })),
      ...suites
        .filter((suite) => suite.errors().length > 0)
        .map((suite) => ({ name: nameOf(suite), note: suite.errors()[0]?.message })),
    ]
    writeFileSync(process.env.BESEDA_TEST_REPORT ?? '', JSON.stringify({ tests, broken, files: modules.map(timed) }))
  }
}

/** @param {import('vitest/node').TestModule} module @returns {import('./slowest.mjs').TimedFile} */
function timed(module) {
  const { collectDuration, setupDuration, prepareDuration, duration } = module.diagnostic()
  return { name: module.relativeModuleId, ms: collectDuration + setupDuration + prepareDuration + duration }
}

/** @param {import('vitest/node').TestModule | import('vitest/node').TestSuite} suite */
const nameOf = (suite) =>
  suite.type === 'module' ? suite.relativeModuleId : `${suite.module.relativeModuleId} > ${suite.fullName}`

/** @param {import('vitest/node').TestCase} test @returns {import('./outcome.mjs').TestResult} */
function resultOf(test) {
  const result = test.result()
  const name = `${test.module.relativeModuleId} > ${test.fullName}`
  if (result.state === 'skipped') return { name, state: result.state, note: result.note }
  return { name, state: result.state, note: result.errors?.[0]?.message }
}
