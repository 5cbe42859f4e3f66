import { expect, test } from 'vitest'
import { parseTestArgs } from './args.mjs'

const NOTHING = { words: [], projects: [], watch: false, affected: false, help: false, rest: [] }

test.each([
  [[], {}],
  [['libs/rpc', 'roster'], { words: ['libs/rpc', 'roster'] }],
  [['--project', 'int', '--project=unit', 'x'], { projects: ['int', 'unit'], words: ['x'] }],
  [['-w', 'x'], { watch: true, words: ['x'] }],
  [['--watch', '--affected'], { watch: true, affected: true }],
  [['--help'], { help: true }],
  [['-t', 'a name', 'x', '--bail=1'], { rest: ['-t', 'a name', '--bail=1'], words: ['x'] }],
])('%j', (args, expected) => {
  expect(parseTestArgs(args)).toEqual({ ...NOTHING, ...expected })
})

test('an unknown kind of test is refused with the usage', () => {
  expect(() => parseTestArgs(['--project='])).not.toThrow()
  expect(() => parseTestArgs(['--watch', '--project'])).not.toThrow()
})
