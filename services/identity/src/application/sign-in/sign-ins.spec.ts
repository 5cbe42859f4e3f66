import { createHmac } from 'node:crypto'
import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, onTestFinished, test, vi } from 'vitest'
import { FOUNDER_CODE, identityOn, SECRET } from '../../../../testing/identity.js'
import type { AccountCommand } from '../../domain/accounts/account.js'
import { codeOf, counterOf } from '../../domain/second-factor/one-time-code.js'
import { AppSecrets } from '../second-factor/app-secrets.js'
import { recoveryHash } from '../second-factor/recovery-codes.js'
import { Sealed } from './sealed.js'
import { byPassword, type Challenge, SignIns } from './sign-ins.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'en' }
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

const codeAt = (secret: Uint8Array, now: Date) => {
  const step = Math.floor(now.getTime() / 30_000)
  return codeOf(createHmac('sha1', secret).update(counterOf(step)).digest())
}
/** The answer of a sign-in that opens a session, or its challenge. */
const challengeOf = (answer: object): string => ('challenge' in answer ? String(answer.challenge) : 'none')

async function signIns() {
  const identity = await identityOn(new MemoryEventStore())
  onTestFinished(() => identity.stop())
  const open = new Set<string>()
  const sessions = {
    open: async () => {
      const sessionId = newId()
      open.add(sessionId)
      return { sessionId, accessToken: '', accessExpiresAt: NOW, refreshToken: '', deviceProof: '' }
    },
    end: async (_: string, ids: readonly string[]) => {
      for (const id of ids) open.delete(id)
    },
  }
  const signedIn: string[] = []
  const devices = { signedIn: async () => {} }
  const made = new SignIns(
    identity.queries,
    sessions,
    identity.administrators,
    devices,
    identity.secondFactors,
    identity.external,
    new Sealed<Challenge>(SECRET, 'second step'),
    identity.used,
    SECRET,
    (userId) => signedIn.push(userId),
  )
  const account = await identity.registration.register({ ...ANN, code: FOUNDER_CODE }, { commandId: newId(), now: NOW })
  const { userId } = account
  const run = (command: AccountCommand) =>
    identity.commands.run(userId, command, { commandId: newId(), userId, now: NOW })
  const appSecret = Buffer.alloc(20, 7)
  const codes = ['AAAA-BBBB-CCCC-DDDD', 'EEEE-FFFF-GGGG-HHHH']
  /** The account with a second factor. */
  const withApp = async (secret = appSecret) => {
    const sealedSecret = new AppSecrets(SECRET).seal(secret, userId)
    await run({ type: 'AddSecondFactor', sealedSecret, recoveryHashes: codes.map(recoveryHash) })
    return identity.queries.get(userId)
  }
  return { ...identity, signIns: made, open, signedIn, account, run, appSecret, codes, withApp }
}

test('a sign-in opens a session, and whoever has the founder’s code becomes the founder', async () => {
  const { signIns: all, open, signedIn, account, administrators } = await signIns()
  await all.open(byPassword(account), { id: newId(), name: 'laptop' }, NOW)
  expect([open.size, signedIn]).toEqual([1, [account.userId]])
  expect(administrators.is(account)).toBe(true)
})

test.each<[string, AccountCommand, ErrorReason]>([
  ['disabled', { type: 'SetDisabled', disabled: true }, ErrorReason.ACCOUNT_DISABLED],
  ['deleted', { type: 'Delete' }, ErrorReason.BAD_CREDENTIALS],
  ['given another password', { type: 'ChangePassword', passwordHash: 'other' }, ErrorReason.BAD_CREDENTIALS],
])('an account that was %s while the person was signing in lets nobody in', async (_, command, reason) => {
  const { signIns: all, open, signedIn, account, run } = await signIns()
  await run(command)
  // What was proved was proved of the account as it was before.
  expect(await all.open(byPassword(account), undefined, NOW).catch(reasonOf)).toBe(reason)
  expect([open.size, signedIn]).toEqual([0, []])
})

test('a session is not opened by a passkey or link that was removed meanwhile', async () => {
  const { signIns: all, open, signedIn, account, passkeys, run } = await signIns()
  const credentialId = Buffer.from('id')
  await run({ type: 'AddPasskey', credentialId, publicKey: Buffer.from('key'), transports: [], name: 'Phone' })
  const proven = { account, holds: () => passkeys.byId(credentialId) !== undefined }
  await all.open(proven, undefined, NOW)
  await run({ type: 'RemovePasskey', credentialId })
  expect(await all.open(proven, undefined, NOW).catch(reasonOf)).toBe(ErrorReason.BAD_CREDENTIALS)
  expect([open.size, signedIn]).toEqual([1, [account.userId]])
})

const LATER = (ms: number) => new Date(NOW.getTime() + ms)
const WRONG = '000000'

test('with a second factor a session is opened only after its code, on the device that began', async () => {
  const { signIns: all, open, signedIn, withApp, appSecret } = await signIns()
  const account = await withApp()
  const challenge = challengeOf(await all.open(byPassword(account), { id: newId(), name: 'laptop' }, NOW))
  expect([open.size, signedIn]).toEqual([0, []])
  expect(await all.finish(challenge, WRONG, 'net', NOW).catch(reasonOf)).toBe(ErrorReason.WRONG_CODE)
  expect(await all.finish(challenge, '', 'net', NOW).catch(reasonOf)).toBe(ErrorReason.SECOND_FACTOR_REQUIRED)
  expect(open.size).toBe(0)
  await all.finish(challenge, codeAt(appSecret, NOW), 'net', NOW)
  expect([open.size, signedIn]).toEqual([1, [account.userId]])
})

test('a challenge opens one session, even with another code', async () => {
  const { signIns: all, open, withApp, appSecret } = await signIns()
  const challenge = challengeOf(await all.open(byPassword(await withApp()), undefined, NOW))
  await all.finish(challenge, codeAt(appSecret, NOW), 'net', NOW)
  const later = LATER(60_000)
  const again = await all.finish(challenge, codeAt(appSecret, later), 'net', later).catch(reasonOf)
  expect(again).toBe(ErrorReason.SIGN_IN_FAILED)
  expect(open.size).toBe(1)
})

test('a challenge lasts ten minutes, and nobody can make or change one', async () => {
  const { signIns: all, withApp, appSecret } = await signIns()
  const challenge = challengeOf(await all.open(byPassword(await withApp()), undefined, NOW))
  const late = LATER(10 * 60_000)
  const other = new Sealed<object>(SECRET, 'passkey').seal({ userId: 'ann' }, NOW.getTime())
  for (const [text, at] of [
    [challenge, late],
    [`${challenge.slice(0, -4)}AAAA`, NOW],
    [other, NOW],
    ['', NOW],
  ] as const) {
    const answer = await all.finish(text, codeAt(appSecret, at), 'net', at).catch(reasonOf)
    expect(answer).toBe(ErrorReason.SIGN_IN_FAILED)
  }
})

test('a code works once, whichever challenge it is shown for', async () => {
  const { signIns: all, open, withApp, appSecret } = await signIns()
  const account = await withApp()
  const [one, other] = [
    challengeOf(await all.open(byPassword(account), undefined, NOW)),
    challengeOf(await all.open(byPassword(account), undefined, NOW)),
  ]
  const code = codeAt(appSecret, NOW)
  await all.finish(one, code, 'net', NOW)
  expect(await all.finish(other, code, 'net', NOW).catch(reasonOf)).toBe(ErrorReason.WRONG_CODE)
  expect(open.size).toBe(1)
})

test('a challenge is of the password with which it began', async () => {
  const { signIns: all, open, withApp, appSecret, run } = await signIns()
  const challenge = challengeOf(await all.open(byPassword(await withApp()), undefined, NOW))
  await run({ type: 'ChangePassword', passwordHash: 'other' })
  const answer = await all.finish(challenge, codeAt(appSecret, NOW), 'net', NOW).catch(reasonOf)
  expect([answer, open.size]).toEqual([ErrorReason.SIGN_IN_FAILED, 0])
})

test('an account that was disabled before the code lets nobody in', async () => {
  const { signIns: all, open, withApp, appSecret, run } = await signIns()
  const challenge = challengeOf(await all.open(byPassword(await withApp()), undefined, NOW))
  await run({ type: 'SetDisabled', disabled: true })
  const answer = await all.finish(challenge, codeAt(appSecret, NOW), 'net', NOW).catch(reasonOf)
  expect([answer, open.size]).toEqual([ErrorReason.ACCOUNT_DISABLED, 0])
})

test('a link to a provider that was removed before the code lets nobody in', async () => {
  const { signIns: all, open, withApp, appSecret } = await signIns()
  const proven = { ...byPassword(await withApp()), external: 'a link that is not there' }
  const challenge = challengeOf(await all.open(proven, undefined, NOW))
  const answer = await all.finish(challenge, codeAt(appSecret, NOW), 'net', NOW).catch(reasonOf)
  expect([answer, open.size]).toEqual([ErrorReason.BAD_CREDENTIALS, 0])
})

test('who proved the password a moment before the second factor was added gets no session', async () => {
  const { signIns: all, open, signedIn, account, withApp } = await signIns()
  await withApp()
  expect(await all.open(byPassword(account), undefined, NOW).catch(reasonOf)).toBe(ErrorReason.BAD_CREDENTIALS)
  expect([open.size, signedIn]).toEqual([0, []])
})

test('a passkey needs no code', async () => {
  const { signIns: all, open, withApp } = await signIns()
  await all.openByPasskey(byPassword(await withApp()), undefined, NOW)
  expect(open.size).toBe(1)
})

test('a recovery code stands in for the app, once', async () => {
  const { signIns: all, open, withApp, codes } = await signIns()
  const account = await withApp()
  const next = async () => challengeOf(await all.open(byPassword(account), undefined, NOW))
  const [code = ''] = codes
  await all.finish(await next(), ` ${code.toLowerCase().replaceAll('-', ' ')}`, 'net', NOW)
  expect(await all.finish(await next(), code, 'net', NOW).catch(reasonOf)).toBe(ErrorReason.WRONG_CODE)
  expect(open.size).toBe(1)
})

test('wrong codes keep waiting whoever gives them, and never a recovery code', async () => {
  const { signIns: all, open, withApp, appSecret, codes } = await signIns()
  const account = await withApp()
  const challenge = challengeOf(await all.open(byPassword(account), undefined, NOW))
  const guess = (network: string, code = WRONG) => all.finish(challenge, code, network, NOW).catch(reasonOf)
  for (let i = 0; i < 5; i++) expect(await guess('thief')).toBe(ErrorReason.WRONG_CODE)
  expect(await guess('thief', codeAt(appSecret, NOW))).toBe(ErrorReason.RATE_LIMITED)
  for (let i = 0; i < 5; i++) expect(await guess(`thief ${i}`)).toBe(ErrorReason.WRONG_CODE)
  expect(await guess('another address')).toBe(ErrorReason.RATE_LIMITED)
  // Not a device on which the person has signed in before.
  const known = challengeOf(await all.open(byPassword(account), { id: 'phone', name: '' }, NOW, true))
  await all.finish(known, codeAt(appSecret, NOW), 'anywhere', NOW)
  await all.finish(challenge, codes[0] ?? '', 'another address', NOW)
  expect(open.size).toBe(2)
})

test('the right password does not forgive wrong codes', async () => {
  const { signIns: all, withApp, passwords } = await signIns()
  const account = await withApp()
  const challenge = challengeOf(await all.open(byPassword(account), undefined, NOW))
  for (let i = 0; i < 10; i++) await all.finish(challenge, WRONG, `net ${i}`, NOW).catch(reasonOf)
  await passwords.authenticate(ANN.username, ANN.password, NOW)
  expect(await all.finish(challenge, WRONG, 'net 99', NOW).catch(reasonOf)).toBe(ErrorReason.RATE_LIMITED)
})

test('what a provider says of a person holds once they have signed in, with the code where there is one', async () => {
  const { signIns: all, account, withApp, appSecret, administrators } = await signIns()
  const follow = vi.spyOn(administrators, 'follow')
  const says = { providerId: 'works', isAdministrator: true }
  await all.open({ ...byPassword(account), says }, undefined, NOW)
  expect(follow.mock.calls).toEqual([[account.userId, says, NOW]])
  const challenge = challengeOf(await all.open({ ...byPassword(await withApp()), says }, undefined, NOW))
  await all.finish(challenge, WRONG, 'net', NOW).catch(reasonOf)
  const gone = { ...byPassword(account), holds: () => false, says }
  expect(await all.open(gone, undefined, NOW).catch(reasonOf)).toBe(ErrorReason.BAD_CREDENTIALS)
  expect(follow).toHaveBeenCalledTimes(1)
  await all.finish(challenge, codeAt(appSecret, NOW), 'net', NOW)
  expect(follow).toHaveBeenCalledTimes(2)
})
