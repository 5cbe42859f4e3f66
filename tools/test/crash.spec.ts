import { describe, expect, it } from 'vitest'
import { afterCrash, crashedFile, crashedFiles } from './crash.mjs'
import type { Report } from './outcome.mjs'

const ended =
  'Worker exited unexpectedly with signal SIGSEGV during started state while running test file /r/e2e/mesh.e2e.ts'
const broken = { name: 'between tests', note: 'Worker forks emitted error.', crashed: 'e2e/mesh.e2e.ts' }
const first: Report = {
  tests: [
    { name: 'e2e/chat.e2e.ts > talks', state: 'passed' },
    { name: 'e2e/mesh.e2e.ts > ten people', state: 'pending' },
  ],
  broken: [broken],
  files: [
    { name: 'e2e/chat.e2e.ts', ms: 1 },
    { name: 'e2e/mesh.e2e.ts', ms: 2 },
  ],
}

describe('a native module that crashes', () => {
  it('is found by the file that it ran in', () => {
    expect(crashedFile({ message: 'Worker forks emitted error.', cause: { message: ended } }, '/r')).toBe(
      'e2e/mesh.e2e.ts',
    )
    expect(crashedFile({ message: 'expected 1 to be 2' }, '/r')).toBeUndefined()
    expect(crashedFile({ message: ended.replace('SIGSEGV', 'SIGKILL') }, '/r')).toBeUndefined()
    expect([crashedFiles(first), crashedFiles(undefined)]).toEqual([['e2e/mesh.e2e.ts'], []])
  })

  it('counts as what its file did the second time', () => {
    const second: Report = {
      tests: [{ name: 'e2e/mesh.e2e.ts > ten people', state: 'failed', note: 'no' }],
      broken: [],
    }
    const { tests, broken: left } = afterCrash(first, second, ['e2e/mesh.e2e.ts'])
    expect([tests.map(({ state }) => state), left]).toEqual([['passed', 'failed'], []])
  })

  it('is a failure when it crashes again, or says nothing', () => {
    expect(afterCrash(first, { tests: [], broken: [broken] }, ['e2e/mesh.e2e.ts']).broken).toEqual([broken])
    expect(afterCrash(first, undefined, ['e2e/mesh.e2e.ts']).broken).toHaveLength(1)
  })
})
