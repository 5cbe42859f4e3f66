import { describe, expect, it } from 'vitest'
import { outcomeOf, type TestResult } from './outcome.mjs'

const passed: TestResult = { name: 'a > works', state: 'passed' }
const failed: TestResult = { name: 'a > breaks', state: 'failed' }

describe('outcomeOf', () => {
  it('counts what passed and failed', () => {
    expect(outcomeOf({ tests: [passed, passed, failed], broken: 0 }, 1)).toEqual({ passed: 2, failed: 1, skipped: [] })
  })

  it('tells why something was skipped', () => {
    const tests: TestResult[] = [
      { name: 'needs a network of its own', state: 'skipped', note: 'not root' },
      { name: 'later', state: 'skipped' },
    ]
    expect(outcomeOf({ tests, broken: 0 }, 0)).toEqual({
      passed: 0,
      failed: 0,
      skipped: ['needs a network of its own: not root', 'later: no reason given'],
    })
  })

  it('counts a file that cannot be read, or an error between tests, as a failure', () => {
    expect(outcomeOf({ tests: [passed], broken: 2 }, 1)).toMatchObject({ passed: 1, failed: 2 })
  })

  it('counts a test that never ended', () => {
    expect(outcomeOf({ tests: [{ name: 'hangs', state: 'pending' }], broken: 0 }, 0)).toMatchObject({ failed: 1 })
  })

  it('believes an exit code against a report', () => {
    expect(outcomeOf({ tests: [passed], broken: 0 }, 1)).toMatchObject({ passed: 1, failed: 1 })
    expect(outcomeOf(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: [] })
  })
})
