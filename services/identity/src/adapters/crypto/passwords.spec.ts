import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { hash } from '@node-rs/argon2'
import { expect, test } from 'vitest'
import { Argon2Passwords } from './passwords.js'

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof Refusal ? error.reason : error),
  )

test('a password has many hashes, and no other password has them', async () => {
  const passwords = new Argon2Passwords()
  const [one, other] = [await passwords.hash('correct horse'), await passwords.hash('correct horse')]
  expect(one).not.toBe(other)
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await passwords.verify(one, 'correct horse')).toBe(true)
  expect(await passwords.verify(one, 'wrong horse')).toBe(false)
})

test('a password is the same from every keyboard, and the hashes of earlier releases count', async () => {
  const passwords = new Argon2Passwords()
  const stored = await passwords.hash('cafe\u0301 au lait')
  expect(await passwords.verify(stored, 'café\u00a0au lait')).toBe(true)
  const old = await hash('cafe\u0301 au lait')
  expect(await passwords.verify(old, 'café au lait')).toBe(true)
  expect(await passwords.verify(old, 'cafe au lait')).toBe(false)
})

test('no password fits an account that has none, or nobody', async () => {
  const passwords = new Argon2Passwords()
  for (const stored of [undefined, '']) expect(await passwords.verify(stored, '')).toBe(false)
})

test('what the queue does not hold is refused at once, and the rest is done', async () => {
  const passwords = new Argon2Passwords({ atOnce: 1, waiting: 3, longestWaitMs: 60_000 })
  const answers = await Promise.all(Array.from({ length: 10 }, () => reasonOf(passwords.hash('x'))))
  expect(answers).toEqual([...Array(4).fill('done'), ...Array(6).fill(ErrorReason.RATE_LIMITED)])
  expect(await reasonOf(passwords.hash('x'))).toBe('done')
})

test('whose turn comes too late is refused then, with a time to come back', async () => {
  // A hash takes longer than the longest wait.
  const passwords = new Argon2Passwords({ atOnce: 1, waiting: 100, longestWaitMs: 5 })
  const [first, ...others] = await Promise.allSettled(Array.from({ length: 10 }, () => passwords.hash('x')))
  expect(first?.status).toBe('fulfilled')
  const refusal = expect.objectContaining({ reason: ErrorReason.RATE_LIMITED, retryAfterMs: 3_000 })
  expect(others).toEqual(Array(9).fill({ status: 'rejected', reason: refusal }))
})
