import { writeFileSync } from 'node:fs'
import { ROOT } from '../lib/root.mjs'
import { crashedFile } from './crash.mjs'
import { Silence } from './silence.mjs'

/**
 * A Vitest reporter that writes what outcome.mjs counts to the file named by BESEDA_TEST_REPORT. Vitest's own JSON
 * report does not say why a test was skipped. It also ends a run of which nothing is heard any more.
 */
export default class OutcomeReporter {
  /** @type {Set<import('vitest/node').TestModule>} */
  #begun = new Set()
  #silence = new Silence(() => this.#giveUp())

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleQueued(module) {
    this.#begun.add(module)
    this.#silence.heard()
  }

  onTestCaseReady() {
    this.#silence.heard()
  }

  onTestCaseResult() {
    this.#silence.heard()
  }

  onTestModuleEnd() {
    this.#silence.heard()
  }

  #giveUp() {
    const errors = [...this.#begun]
      .filter(isUnfinished)
      .map(({ relativeModuleId }) => new Error(`${relativeModuleId}: ${this.#silence.sentence}`))
    for (const { message } of errors) process.stderr.write(`\n${message}\n`)
    this.onTestRunEnd([...this.#begun], errors)
    process.exit(1)
  }

  /** @param {readonly import('vitest/node').TestModule[]} modules @param {readonly { message: string }[]} unhandled */
  onTestRunEnd(modules, unhandled) {
    this.#silence.end()
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

/** Browsers tell results late: files that have ended may be among them. @param {import('vitest/node').TestModule} module */
function isUnfinished(module) {
  const tests = [...module.children.allTests()]
  return tests.length === 0 || tests.some((test) => test.result().state === 'pending')
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
