import { expect, test } from 'vitest'
import { parseChaosArgs } from './args.mjs'

test('defaults: five minutes, and a different seed each time', () => {
  const [one, other] = [parseChaosArgs([]), parseChaosArgs([])]
  expect(one).toMatchObject({ seconds: 300, people: 12, pause: 8, only: undefined })
  expect(one?.seed).not.toBe(other?.seed)
})

test('given options override the defaults', () => {
  const args = ['--seed', '7', '--seconds', '60', '--people', '4', '--pause', '2', '--only', 'kill']
  expect(parseChaosArgs(args)).toEqual({ seed: 7, seconds: 60, people: 4, pause: 2, only: 'kill' })
})

test.each([[['--seed', 'x']], [['--people', '1']], [['--seconds', '1.5']], [['--what']]])(
  '%s is not understood',
  (args) => expect(parseChaosArgs(args)).toBeUndefined(),
)
