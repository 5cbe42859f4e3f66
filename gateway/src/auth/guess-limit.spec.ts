import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { reasonOf } from '@beseda/testkit'
import { expect, test, vi } from 'vitest'
import { RateLimits } from '../session/limits.js'
import { GuessLimit } from './guess-limit.js'

const wrong = async () => {
  throw new Refusal(ErrorReason.WEBHOOK_NOT_FOUND)
}

test('made-up secrets of a network are checked a few times; right ones, and those of other networks, always', async () => {
  const guessLimit = new GuessLimit(new RateLimits())
  await guessLimit.check('right', '2001:db8::1', async () => 'yes')
  const answers = []
  for (let i = 0; i < 40; i++) answers.push(await reasonOf(guessLimit.check(`made up ${i}`, `2001:db8::${i}`, wrong)))
  expect(answers.slice(0, 30)).toEqual(Array(30).fill('WEBHOOK_NOT_FOUND'))
  expect(answers.slice(30)).toEqual(Array(10).fill('RATE_LIMITED'))
  expect(await guessLimit.check('right', '2001:db8::1', async () => 'still')).toBe('still')
  expect(await guessLimit.check('another', '2001:db8:0:1::1', async () => 'elsewhere')).toBe('elsewhere')
  expect(await reasonOf(guessLimit.check('right', '2001:db8::1', wrong))).toBe('WEBHOOK_NOT_FOUND')
  expect(await reasonOf(guessLimit.check('right', '2001:db8::1', wrong))).toBe('RATE_LIMITED')
})

test('as many made-up secrets are checked at once as one after another, and right ones at once use up nothing', async () => {
  const guessLimit = new GuessLimit(new RateLimits())
  const right = Array.from({ length: 25 }, (_, i) => guessLimit.check(`right ${i}`, '192.0.2.1', async () => 'yes'))
  expect(await Promise.all(right)).toEqual(Array(25).fill('yes'))
  const checked = vi.fn(wrong)
  const guesses = Array.from({ length: 100 }, (_, i) =>
    reasonOf(guessLimit.check(`made up ${i}`, '192.0.2.1', checked)),
  )
  expect((await Promise.all(guesses)).filter((reason) => reason === 'RATE_LIMITED')).toHaveLength(70)
  expect(checked).toHaveBeenCalledTimes(30)
})

test('what nobody can read counts as a wrong secret, unless the secret is known', async () => {
  const guessLimit = new GuessLimit(new RateLimits())
  const unreadable = async () => {
    throw new Refusal(ErrorReason.INVALID_REQUEST)
  }
  await guessLimit.check('right', '192.0.2.1', async () => 'yes')
  const answers = []
  for (let i = 0; i < 31; i++) answers.push(await reasonOf(guessLimit.check(`some ${i}`, '192.0.2.1', unreadable)))
  expect(answers).toEqual([...Array(30).fill('INVALID_REQUEST'), 'RATE_LIMITED'])
  expect(await reasonOf(guessLimit.check('right', '192.0.2.1', unreadable))).toBe('INVALID_REQUEST')
})

test('a service that does not answer is no wrong secret', async () => {
  const guessLimit = new GuessLimit(new RateLimits())
  const broken = async () => {
    throw new Error('no answer')
  }
  for (let i = 0; i < 40; i++)
    await expect(guessLimit.check(`some ${i}`, '192.0.2.1', broken)).rejects.toThrow('no answer')
  expect(await guessLimit.check('right', '192.0.2.1', async () => 'yes')).toBe('yes')
})
