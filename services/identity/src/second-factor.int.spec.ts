import { newId } from '@beseda/kernel'
import { Scope } from '@beseda/proto/common/v1/policy'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { SecondFactorService } from '@beseda/proto/identity/v1/second_factor_service'
import { AuthenticatorApp, override, reasonOf, TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WEB_AUTHN } from './adapters/bindings.js'
import { identityService } from './identity.module.js'

/** An account that asks for a second factor, on two replicas: what its owner does, and every way that a thief with the password tries. */
let system: TestSystem
let admin: Person
beforeAll(async () => {
  system = await TestSystem.start()
  for (let replica = 0; replica < 2; replica++) await system.run(identityService, { overrides: [anyAuthenticator] })
  admin = await person()
})
afterAll(() => system?.stop())

/** An authenticator of which the challenge says which passkey it has made. */
const anyAuthenticator = override(WEB_AUTHN, {
  registration: async () => ({ optionsJson: '{}', challenge: 'x' }),
  verifyRegistration: async (json) => ({
    credentialId: new TextEncoder().encode(json),
    publicKey: new Uint8Array([1]),
    transports: [],
  }),
  signIn: async () => ({ optionsJson: '{}', challenge: 'x' }),
  verifySignIn: async (json, _, find) => find(new TextEncoder().encode(json)),
})

const PASSWORD = 'correct horse'
const device = { id: newId(), name: 'Test' }
const anonymous = () => system.client(IdentityService)
const command = () => ({ commandId: newId() })
const sessionOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }).sid

const clientOf = (caller: { readonly userId: string; readonly sessionId: string }) => ({
  ...system.client(IdentityService, caller),
  ...system.client(SecondFactorService, caller),
})

type Person = Awaited<ReturnType<typeof person>>
let names = 0
async function person() {
  const username = `two-factors-${++names}`
  const registration = { ...command(), username, displayName: 'Somebody', password: PASSWORD, device }
  const { me, tokens } = await anonymous().register({ ...registration, code: system.founderCode })
  const caller = { userId: me!.user!.id, sessionId: sessionOf(tokens!.accessToken) }
  return { ...caller, registration, tokens: tokens!, client: clientOf(caller) }
}
/** Somebody with an authenticator app, whose codes of now are all unused but the first. */
async function careful() {
  const somebody = await person()
  const { secret, flow } = await somebody.client.startSecondFactor({ password: PASSWORD })
  const app = new AuthenticatorApp(secret)
  const { recoveryCodes } = await somebody.client.addSecondFactor({ ...command(), flow, code: app.code() })
  const signIn = (password = PASSWORD) =>
    anonymous().signIn({ username: somebody.registration.username, password, device })
  return { ...somebody, app, recoveryCodes, signIn }
}
/** One after another: of many passwords at once from one place only the first few are looked at. */
async function challengesFor(signIn: () => Promise<{ readonly challenge: string }>): Promise<readonly string[]> {
  const challenges: string[] = []
  for (let i = 0; i < 20; i++) challenges.push((await signIn()).challenge)
  return challenges
}
const finish = (challenge: string, code: string) => system.client(SecondFactorService).finishSignIn({ challenge, code })

describe('its owner', () => {
  test('signs in with a code, or with a recovery code, and is told how many are left', async () => {
    const { app, recoveryCodes, signIn, client } = await careful()
    const first = await signIn()
    expect([first.me, first.tokens]).toEqual([undefined, undefined])
    const { me, tokens } = await finish(first.challenge, app.code())
    expect(me).toMatchObject({ secondFactor: true })
    expect(tokens?.refreshToken).toBeTruthy()
    await finish((await signIn()).challenge, recoveryCodes[0]!)
    expect((await client.listCredentials({})).secondFactor?.recoveryCodesLeft).toBe(9)
  })

  test('is signed out elsewhere when it is turned on, and nobody else', async () => {
    const { client, registration, tokens } = await person()
    const other = await anonymous().signIn({ username: registration.username, password: PASSWORD, device })
    const { secret, flow } = await client.startSecondFactor({ password: PASSWORD })
    await client.addSecondFactor({ ...command(), flow, code: new AuthenticatorApp(secret).code() })
    const refresh = (refreshToken: string) => reasonOf(anonymous().refreshToken({ refreshToken }))
    expect(await refresh(other.tokens!.refreshToken)).toBe('SESSION_REVOKED')
    expect(await refresh(tokens.refreshToken)).toBe('accepted')
  })

  test('turns it off with password and code; the password alone signs in again', async () => {
    const { client, recoveryCodes, signIn } = await careful()
    await client.removeSecondFactor({ ...command(), password: PASSWORD, code: recoveryCodes[0]! })
    expect((await signIn()).tokens).toBeDefined()
    expect((await client.getMe({})).me).toMatchObject({ secondFactor: false })
  })

  test('gets the recovery codes again when the answer was lost', async () => {
    const { client } = await person()
    const { secret, flow } = await client.startSecondFactor({ password: PASSWORD })
    const request = { ...command(), flow, code: new AuthenticatorApp(secret).code() }
    const [one, other] = await Promise.all([client.addSecondFactor(request), client.addSecondFactor(request)])
    expect(other).toEqual(one)
    expect(await client.addSecondFactor(request)).toEqual(one)
  })

  test('signs in with a passkey, which needs no code', async () => {
    const { client, app } = await careful()
    const { flow } = await client.startPasskey({ code: app.code() })
    const key = newId()
    await client.addPasskey({ ...command(), flow, responseJson: key, name: 'Phone' })
    const started = await anonymous().startPasskeySignIn({})
    const { tokens } = await anonymous().finishPasskeySignIn({ flow: started.flow, responseJson: key, device })
    expect(tokens?.refreshToken).toBeTruthy()
  })

  test('has bots that work as before', async () => {
    const { client } = await careful()
    const bot = { ...command(), username: `bot-${newId().slice(-12)}`, displayName: 'Bot', scopes: [Scope.READ] }
    const { token } = await client.createBot(bot)
    expect((await anonymous().authenticateBot({ token })).scopes).toEqual([Scope.READ])
  })

  test('deletes the account with a code, and a repeat of it needs none', async () => {
    const { client, app } = await careful()
    const request = { ...command(), password: PASSWORD, code: app.code() }
    await client.deleteAccount(request)
    await client.deleteAccount(request)
  })
})

describe('a thief who knows the password', () => {
  test('has a challenge, and no session', async () => {
    const { signIn, client } = await careful()
    const { challenge, me, tokens } = await signIn()
    expect([me, tokens]).toEqual([undefined, undefined])
    for (const code of ['000000', 'AAAA-BBBB-CCCC-DDDD', '٠٠٠٠٠٠', PASSWORD]) {
      expect(await reasonOf(finish(challenge, code))).toBe('WRONG_CODE')
    }
    expect(await reasonOf(finish(challenge, ' - '))).toBe('SECOND_FACTOR_REQUIRED')
    expect((await client.listSessions({})).sessions).toHaveLength(1)
  })

  test('gets in with no code that was used, also not with twenty requests at once', async () => {
    const { app, signIn, client } = await careful()
    const code = app.code()
    const challenges = await challengesFor(signIn)
    const answers = await Promise.all(challenges.map((challenge) => reasonOf(finish(challenge, code))))
    // Those that waited too long for their turn are refused before their code is looked at.
    expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1)
    expect(new Set(answers)).toEqual(new Set([...answers].filter((answer) => /accepted|WRONG_CODE|RATE/.test(answer))))
    expect((await client.listSessions({})).sessions).toHaveLength(2)
  })

  test('gets in with no recovery code that was used, also not with twenty requests at once', async () => {
    const { recoveryCodes, signIn, client } = await careful()
    const challenges = await challengesFor(signIn)
    const answers = await Promise.all(challenges.map((challenge) => reasonOf(finish(challenge, recoveryCodes[5]!))))
    expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1)
    expect((await client.listSessions({})).sessions).toHaveLength(2)
  })

  test('opens one session with a challenge that was finished, however often it is sent', async () => {
    const { recoveryCodes, signIn, client } = await careful()
    const { challenge } = await signIn()
    const answers = await Promise.all(recoveryCodes.slice(0, 4).map((code) => reasonOf(finish(challenge, code))))
    expect(answers.toSorted()).toEqual(['SIGN_IN_FAILED', 'SIGN_IN_FAILED', 'SIGN_IN_FAILED', 'accepted'])
    expect((await client.listSessions({})).sessions).toHaveLength(2)
  })

  test('is let to guess a few codes, however many come at once', async () => {
    const { app, signIn } = await careful()
    const { challenge } = await signIn()
    const guesses = Array.from({ length: 100 }, (_, i) => String(i).padStart(6, '0')).filter(
      (code) => code !== app.at(Date.now()),
    )
    const answers = await Promise.all(guesses.map((code) => reasonOf(finish(challenge, code))))
    expect(answers.filter((answer) => answer === 'WRONG_CODE').length).toBeLessThanOrEqual(10)
    expect(await reasonOf(finish((await signIn()).challenge, app.code()))).toBe('RATE_LIMITED')
  })

  test('does not get in by repeating the registration', async () => {
    const { registration } = await careful()
    expect(await reasonOf(anonymous().register(registration))).toBe('SECOND_FACTOR_REQUIRED')
  })

  test('does not get in with the codes of an account of their own', async () => {
    const [victim, thief] = [await careful(), await careful()]
    const { challenge } = await victim.signIn()
    expect(await reasonOf(finish(challenge, thief.app.code()))).toBe('WRONG_CODE')
    expect(await reasonOf(finish(challenge, thief.recoveryCodes[0]!))).toBe('WRONG_CODE')
  })

  test('does not get in with the state of another flow', async () => {
    const { app, client } = await careful()
    const { flow } = await anonymous().startPasskeySignIn({})
    expect(await reasonOf(finish(flow, app.code()))).toBe('SIGN_IN_FAILED')
    const { challenge } = await (await careful()).signIn()
    const misused = client.addSecondFactor({ ...command(), flow: challenge, code: '000000' })
    expect(await reasonOf(misused)).toBe('SIGN_IN_FAILED')
  })

  test('does not get in with a link for a new password, nor with a challenge from before it', async () => {
    const { userId, signIn, recoveryCodes, app } = await careful()
    const { challenge } = await signIn()
    const { code } = await admin.client.offerPasswordReset({ ...command(), userId })
    await anonymous().resetPassword({ code, newPassword: 'of the thief now' })
    expect(await reasonOf(finish(challenge, recoveryCodes[0]!))).toBe('SIGN_IN_FAILED')
    const next = await signIn('of the thief now')
    expect(next.tokens).toBeUndefined()
    await finish(next.challenge, app.code())
  })

  test('does not get in with the proof of a device', async () => {
    const { tokens, registration } = await careful()
    const { deviceProof } = tokens
    const request = { username: registration.username, password: PASSWORD, device, deviceProofs: [deviceProof] }
    expect((await anonymous().signIn(request)).tokens).toBeUndefined()
  })

  test('who also found an open window does nothing that is dangerous', async () => {
    const { client, registration, signIn, recoveryCodes } = await careful()
    const attempts = (code: string): Readonly<Record<string, () => Promise<unknown>>> => ({
      changePassword: () => client.changePassword({ currentPassword: PASSWORD, newPassword: 'of the thief now', code }),
      deleteAccount: () => client.deleteAccount({ ...command(), password: PASSWORD, code }),
      removeSecondFactor: () => client.removeSecondFactor({ ...command(), password: PASSWORD, code }),
      replaceRecoveryCodes: () => client.replaceRecoveryCodes({ ...command(), password: PASSWORD, code }),
      startPasskey: () => client.startPasskey({ code }),
      linkOidc: () => client.linkOidc({ answer: { flow: 'x', code: 'x', state: 'x', iss: 'x' }, code }),
    })
    const answers = async (code: string) =>
      Promise.all(Object.values(attempts(code)).map((attempt) => reasonOf(attempt())))
    expect(new Set(await answers(''))).toEqual(new Set(['SECOND_FACTOR_REQUIRED']))
    expect(new Set(await answers('AAAA-BBBB-CCCC-DDDD'))).toEqual(new Set(['WRONG_CODE']))
    expect(await reasonOf(client.startSecondFactor({ password: PASSWORD }))).toBe('SECOND_FACTOR_ON')
    const taken = client.takeSecondFactor({ ...command(), userId: registration.commandId })
    expect(await reasonOf(taken)).toBe('NOT_PERMITTED')
    // Everything is as it was.
    await finish((await signIn()).challenge, recoveryCodes[0]!)
  })

  test('does nothing dangerous with a code alone', async () => {
    const { client, recoveryCodes } = await careful()
    const [code = ''] = recoveryCodes
    const change = { currentPassword: 'a guess', newPassword: 'of the thief now', code }
    expect(await reasonOf(client.changePassword(change))).toBe('WRONG_PASSWORD')
    expect(await reasonOf(client.removeSecondFactor({ ...command(), password: 'a guess', code }))).toBe(
      'WRONG_PASSWORD',
    )
    expect(await reasonOf(client.startSecondFactor({ password: 'a guess' }))).toBe('WRONG_PASSWORD')
    // The code was not used up by that.
    expect((await client.listCredentials({})).secondFactor?.recoveryCodesLeft).toBe(10)
  })

  test('adds no passkey that they asked for before it was turned on', async () => {
    const { client } = await person()
    const early = await client.startPasskey({})
    const { secret, flow } = await client.startSecondFactor({ password: PASSWORD })
    await client.addSecondFactor({ ...command(), flow, code: new AuthenticatorApp(secret).code() })
    const late = client.addPasskey({ ...command(), flow: early.flow, responseJson: newId(), name: 'Thief' })
    expect(await reasonOf(late)).toBe('SIGN_IN_FAILED')
  })

  test('sets up no app of their own in the name of somebody else', async () => {
    const [victim, thief] = [await person(), await person()]
    const { secret, flow } = await thief.client.startSecondFactor({ password: PASSWORD })
    const code = new AuthenticatorApp(secret).code()
    expect(await reasonOf(victim.client.addSecondFactor({ ...command(), flow, code }))).toBe('SIGN_IN_FAILED')
  })
})

describe('an administrator', () => {
  const take = (by: Person, userId: string) => by.client.takeSecondFactor({ ...command(), userId })

  test('takes it from somebody who has lost their phone: their sessions end, they are told, and it is recorded', async () => {
    const { userId, tokens, signIn, registration } = await careful()
    const { accounts } = await admin.client.listAccounts({ query: registration.username })
    expect(accounts[0]).toMatchObject({ secondFactor: true })
    await take(admin, userId)
    expect(await reasonOf(anonymous().refreshToken({ refreshToken: tokens.refreshToken }))).toBe('SESSION_REVOKED')
    const { me } = await signIn()
    expect(me).toMatchObject({ secondFactor: false, secondFactorTakenAt: { seconds: expect.anything() } })
    const { actions } = await admin.client.listAdministratorActions({})
    expect(actions[0]).toMatchObject({ action: AdministratorAction.TAKE_SECOND_FACTOR, userId })
  })

  test('no longer tells the person when there is a new one', async () => {
    const { userId, signIn } = await careful()
    await take(admin, userId)
    const { me, tokens } = await signIn()
    const client = clientOf({ userId: me!.user!.id, sessionId: sessionOf(tokens!.accessToken) })
    const { secret, flow } = await client.startSecondFactor({ password: PASSWORD })
    await client.addSecondFactor({ ...command(), flow, code: new AuthenticatorApp(secret).code() })
    expect((await client.getMe({})).me?.secondFactorTakenAt).toBeUndefined()
  })

  test('who was appointed takes it neither from the founder nor from another administrator', async () => {
    const [appointed, other] = [await person(), await careful()]
    const appoint = (userId: string) => admin.client.setAdministrator({ ...command(), userId, administrator: true })
    await appoint(appointed.userId)
    expect(await reasonOf(take(appointed, other.userId))).toBe('accepted')
    await appoint(other.userId)
    for (const { userId } of [admin, other, appointed]) {
      expect(await reasonOf(take(appointed, userId))).toBe('NOT_PERMITTED')
    }
    expect(await reasonOf(take(await person(), other.userId))).toBe('NOT_PERMITTED')
    expect(await reasonOf(take(admin, other.userId))).toBe('accepted')
  })

  test('who appoints somebody at the moment in which another one takes it, does one of the two first', async () => {
    const appointed = await person()
    await admin.client.setAdministrator({ ...command(), userId: appointed.userId, administrator: true })
    const other = await careful()
    const [taken] = await Promise.all([
      reasonOf(take(appointed, other.userId)),
      admin.client.setAdministrator({ ...command(), userId: other.userId, administrator: true }),
    ])
    const { challenge } = await other.signIn()
    expect(taken).toBe(challenge === '' ? 'accepted' : 'NOT_PERMITTED')
  })
})
