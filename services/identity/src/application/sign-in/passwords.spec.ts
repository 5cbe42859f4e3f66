import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Admission } from '@beseda/proto/identity/v1/events'
import { expect, onTestFinished, test } from 'vitest'
import { identityOn, PLAIN } from '../../../../testing/identity.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'en' }
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

class WatchedLog extends MemoryEventStore {
  readonly done: string[] = []
  override async last(stream: string, subject: string) {
    this.done.push('last of a subject')
    return super.last(stream, subject)
  }
  override async info(stream: string) {
    this.done.push('end of the log')
    return super.info(stream)
  }
}

async function ann(log = new WatchedLog()) {
  const identity = await identityOn(log, { onFailures: (what) => log.done.push(what) })
  onTestFinished(() => identity.stop())
  const { userId } = await identity.registration.register(ANN, { commandId: newId(), now: NOW })
  const caller = (now = NOW) => ({ commandId: newId(), userId, now })
  return { ...identity, log, userId, caller }
}

test('a password that is guessed for an unknown name meets the same answers, waits and work', async () => {
  const { log, passwords } = await ann()
  const guess = async (username: string, after: number) => {
    log.done.length = 0
    const error = await passwords
      .authenticate(username, 'wrong horse', new Date(NOW.getTime() + after))
      .catch((e: unknown) => e)
    if (!(error instanceof Refusal)) throw error
    return { reason: error.reason, waitMs: error.retryAfterMs, work: [...log.done] }
  }
  const guesses = async (username: string) => {
    const answers: unknown[] = []
    for (const after of [0, 0, 0, 0, 0, 0, 1_000, 2_000, 2_000, 30_000]) answers.push(await guess(username, after))
    return answers
  }
  const known = await guesses('ann')
  expect(known).toContainEqual(expect.objectContaining({ reason: ErrorReason.RATE_LIMITED }))
  expect(await guesses('bob')).toEqual(known)
  expect(await guesses(' Nobody.Else')).toEqual(known)
  expect(await guess('nobody.else', 30_000)).toMatchObject({ reason: ErrorReason.RATE_LIMITED })
})

test('the right password clears the count of wrong ones', async () => {
  const { passwords, userId } = await ann()
  const signIn = (password: string) => passwords.authenticate('ANN ', password, NOW).catch(reasonOf)
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 4; i++) expect(await signIn('wrong')).toBe(ErrorReason.BAD_CREDENTIALS)
    expect(await signIn(ANN.password)).toMatchObject({ userId })
  }
})

test('a change asks for the present password, and guesses at it are slowed down', async () => {
  const { passwords, userId, caller } = await ann()
  const change = (current: string, next: string) => {
    const prove = () => passwords.requireProof(userId, current, NOW, async () => true)
    return passwords.change(next, caller(), prove, async () => ({})).catch(reasonOf)
  }
  expect(await change('wrong', 'another horse')).toBe(ErrorReason.WRONG_PASSWORD)
  expect(await change(ANN.password, 'another horse')).toBeUndefined()
  expect(await passwords.authenticate('ann', ANN.password, NOW).catch(reasonOf)).toBe(ErrorReason.BAD_CREDENTIALS)
  for (let i = 0; i < 5; i++) await change('wrong', 'x')
  expect(await change('another horse', 'x')).toBe(ErrorReason.RATE_LIMITED)
})

test('nobody gets a new password that is easy to guess: not by registering, a change or a reset', async () => {
  const { passwords, registration, commands, userId, caller } = await ann()
  const bob = { ...ANN, username: 'bob' }
  const register = (password: string) =>
    registration.register({ ...bob, password }, { commandId: newId(), now: NOW }).catch(reasonOf)
  expect(await register('12345678')).toBe(ErrorReason.WEAK_PASSWORD)
  expect(await register('bob12345')).toBe(ErrorReason.WEAK_PASSWORD)
  expect(await register('correct horse')).toMatchObject({ username: 'bob' })
  const unasked = async () => Promise.reject(new Error('a code is used up for a password that is refused'))
  const change = (next: string) => passwords.change(next, caller(), async () => {}, unasked).catch(reasonOf)
  expect(await change('Password1')).toBe(ErrorReason.WEAK_PASSWORD)
  expect(await change('ann.....')).toBe(ErrorReason.WEAK_PASSWORD)
  const rights = { mayStillReset: () => true, asOf: () => 'rights' }
  const codeHash = new Uint8Array([1])
  await commands.run(userId, { type: 'OfferPasswordReset', codeHash, offeredBy: 'admin', now: NOW.getTime() }, caller())
  const reset = (next: string) =>
    passwords.reset(codeHash, next, { commandId: newId(), now: NOW }, rights).catch(reasonOf)
  expect(await reset('qwertyuiop')).toBe(ErrorReason.WEAK_PASSWORD)
  expect(await passwords.authenticate('ann', ANN.password, NOW)).toMatchObject({ userId })
  expect(await reset('new horse')).toMatchObject({ userId })
})

test('without a password a recent sign-in is the proof, whatever password is sent', async () => {
  const { passwords, registration } = await ann()
  const userId = newId()
  const command = {
    type: 'Register',
    username: 'bob',
    displayName: 'Bob',
    passwordHash: '',
    locale: '',
    admission: Admission.OPEN,
  } as const
  await registration.open(userId, command, { commandId: newId(), userId, now: NOW })
  const prove = (isFresh: boolean) => passwords.requireProof(userId, '', NOW, async () => isFresh).catch(reasonOf)
  expect([await prove(false), await prove(true)]).toEqual([ErrorReason.SIGN_IN_AGAIN, undefined])
  expect(await passwords.authenticate('bob', '', NOW).catch(reasonOf)).toBe(ErrorReason.BAD_CREDENTIALS)
})

test('a code sets a new password until it expires, once, and clears the count of wrong passwords', async () => {
  const { passwords, commands, userId, caller } = await ann()
  const codeHash = new Uint8Array([1])
  const rights = { mayStillReset: (_: unknown, by: string) => by === 'admin', asOf: () => 'rights' }
  const offer = (offeredBy: string) =>
    commands.run(userId, { type: 'OfferPasswordReset', codeHash, offeredBy, now: NOW.getTime() }, caller())
  const at = (after: number) => ({ commandId: newId(), now: new Date(NOW.getTime() + after) })
  const reset = (next: string, after: number) => passwords.reset(codeHash, next, at(after), rights).catch(reasonOf)
  await offer('somebody who was an admin')
  expect(await reset('early horse', 1_000)).toBe(ErrorReason.RESET_EXPIRED)
  await offer('admin')
  expect(await reset('late horse', 24 * 3_600_000)).toBe(ErrorReason.RESET_EXPIRED)
  for (let i = 0; i < 6; i++) await passwords.authenticate('ann', 'wrong', NOW).catch(reasonOf)
  expect(await reset('new horse', 1_000)).toMatchObject({ userId })
  expect(await passwords.authenticate('ann', 'new horse', NOW)).toMatchObject({ userId })
  expect(await reset('third horse', 2_000)).toBe(ErrorReason.RESET_EXPIRED)
})

test('a password that could not be verified for lack of capacity is no failure, for an unknown name neither', async () => {
  let isFull = true
  const verify = async (stored: string | undefined, password: string) => {
    if (isFull) throw new Refusal(ErrorReason.RATE_LIMITED, {}, 3_000)
    return PLAIN.verify(stored, password)
  }
  const identity = await identityOn(new MemoryEventStore(), {
    hashes: { hash: (password) => PLAIN.hash(password), verify },
  })
  onTestFinished(() => identity.stop())
  await identity.registration.register(ANN, { commandId: newId(), now: NOW })
  const signIn = (username: string) => identity.passwords.authenticate(username, ANN.password, NOW).catch(reasonOf)
  for (const name of ['ann', 'nobody']) {
    for (let i = 0; i < 12; i++) expect(await signIn(name)).toBe(ErrorReason.RATE_LIMITED)
  }
  isFull = false
  expect(await signIn('ann')).toMatchObject({ username: 'ann' })
  expect(await signIn('nobody')).toBe(ErrorReason.BAD_CREDENTIALS)
})
