import { describe, expect, it } from 'vitest'
import { outcomeOf, type TestResult } from './outcome.mjs'

const passed: TestResult = { name: 'a > works', state: 'passed' }
const failed: TestResult = { name: 'a > breaks', state: 'failed', note: 'expected 1\nto be 2' }
const hook = { name: 'a.spec.ts', note: 'the hook threw' }

describe('outcomeOf', () => {
  it('counts passes and failures, and names the failed tests', () => {
    expect(outcomeOf({ tests: [passed, passed, failed], broken: [] }, 1)).toEqual({
      passed: 2,
      failed: 1,
      failures: ['a > breaks: expected 1'],
      skipped: [],
      files: [],
    })
  })

  it('reports why a test was skipped', () => {
    const tests: TestResult[] = [
      { name: 'needs a network of its own', state: 'skipped', note: 'not root' },
      { name: 'later', state: 'skipped' },
    ]
    expect(outcomeOf({ tests, broken: [] }, 0)).toEqual({
      passed: 0,
      failed: 0,
      failures: [],
      skipped: ['needs a network of its own: not root', 'later: no reason given'],
      files: [],
    })
  })

  it('counts a file that cannot be read, or an error between tests, as a failure', () => {
    const unhandled = { name: 'between tests', note: undefined }
    expect(outcomeOf({ tests: [passed], broken: [hook, unhandled] }, 1)).toMatchObject({
      passed: 1,
      failed: 2,
      failures: ['a.spec.ts: the hook threw', 'between tests: no reason given'],
    })
  })

  it('counts a test that never ended', () => {
    expect(outcomeOf({ tests: [{ name: 'hangs', state: 'pending' }], broken: [] }, 0)).toMatchObject({
      failed: 1,
      failures: ['hangs: it never ended'],
    })
  })

  it('trusts the exit code more than the report', () => {
    const failures = ['Vitest ended with code 1 and names no failure']
    expect(outcomeOf({ tests: [passed], broken: [] }, 1)).toMatchObject({ passed: 1, failed: 1, failures })
    expect(outcomeOf(undefined, 1)).toEqual({ passed: 0, failed: 1, failures, skipped: [], files: [] })
  })
})
