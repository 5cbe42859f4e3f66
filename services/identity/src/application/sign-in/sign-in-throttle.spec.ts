import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, onTestFinished, test } from 'vitest'
import { identityOn, SECRET } from '../../../../testing/identity.js'
import { DeviceProofs } from './device-proofs.js'
import type { Guesser } from './sign-in-throttle.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: '' }
const reasonOf = (error: unknown) => (error instanceof Refusal ? ErrorReason[error.reason] : error)

async function ann() {
  const identity = await identityOn(new MemoryEventStore())
  onTestFinished(() => identity.stop())
  await identity.registration.register(ANN, { commandId: newId(), now: NOW })
  const signIn = (password: string, guesser: Guesser, after = 0) =>
    identity.passwords
      .authenticate('ann', password, new Date(NOW.getTime() + after), () => guesser)
      .then(() => 'in', reasonOf)
  const guess = async (guesser: Guesser, times: number) => {
    const answers: unknown[] = []
    for (let i = 0; i < times; i++) answers.push(await signIn('wrong', guesser))
    return answers.filter((answer) => answer === 'BAD_CREDENTIALS').length
  }
  return { ...identity, signIn, guess }
}

test('wrong guesses from one address keep nobody else waiting, whether they come a hundred times or not', async () => {
  const { signIn, guess } = await ann()
  expect(await guess({ network: '192.0.2.1' }, 100)).toBe(5)
  expect(await signIn(ANN.password, { network: '192.0.2.1' })).toBe('RATE_LIMITED')
  expect(await signIn(ANN.password, { network: '192.0.2.2' })).toBe('in')
})

test('guesses from many addresses are slowed down together, and a device that the person has used passes', async () => {
  const { signIn, guess } = await ann()
  let verified = 0
  for (let i = 0; i < 40; i++) verified += await guess({ network: `192.0.2.${i}` }, 5)
  expect(verified).toBe(50)
  expect(await signIn(ANN.password, { network: '198.51.100.1' })).toBe('RATE_LIMITED')
  expect(await signIn(ANN.password, { known: 'phone' })).toBe('in')
  // Who was right has shown that the others were not.
  expect(await signIn(ANN.password, { network: '198.51.100.1' })).toBe('in')
})

test('whoever has a known device guesses no faster with it, and delays no other one', async () => {
  const { signIn, guess } = await ann()
  expect(await guess({ known: 'stolen phone' }, 20)).toBe(5)
  expect(await signIn(ANN.password, { known: 'stolen phone' })).toBe('RATE_LIMITED')
  expect(await signIn(ANN.password, { known: 'laptop' })).toBe('in')
})

test('wrong passwords in a session, and in a repeated registration, do not lock the person out', async () => {
  const { registration, passwords, signIn } = await ann()
  const commandId = newId()
  const again = (password: string) =>
    registration.register({ ...ANN, username: 'bob', password }, { commandId, now: NOW, network: '192.0.2.1' })
  const { userId } = await again(ANN.password)
  for (let i = 0; i < 9; i++) await again(`wrong horse ${i}`).catch(reasonOf)
  for (let i = 0; i < 9; i++)
    await passwords.requireProof(userId, 'wrong', NOW, async () => false, 'session').catch(reasonOf)
  expect((await passwords.authenticate('bob', ANN.password, NOW, () => ({ network: '192.0.2.2' }))).userId).toBe(userId)
  expect(await signIn(ANN.password, { network: '192.0.2.1' })).toBe('in')
})

test('a proof is of one person on one device', () => {
  const proofs = new DeviceProofs(SECRET)
  const [mine, other] = [proofs.issue('ann', 'phone'), proofs.issue('bob', 'phone')]
  expect(proofs.isKnown([other, mine], 'ann', 'phone')).toBe(true)
  expect(proofs.isKnown([mine], 'ann', 'laptop')).toBe(false)
  expect(proofs.isKnown([mine], 'bob', 'phone')).toBe(false)
  expect(proofs.isKnown(['', 'rubbish'], 'ann', 'phone')).toBe(false)
})
