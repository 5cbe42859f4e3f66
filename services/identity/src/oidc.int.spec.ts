import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@beseda/kernel'
import { IDENTITY_STREAM } from '@beseda/proto'
import { IdentityService, type Tokens } from '@beseda/proto/identity/v1/identity_service'
import { SecondFactorService } from '@beseda/proto/identity/v1/second_factor_service'
import { AuthenticatorApp, reasonOf, TestOidcProvider, TestSystem } from '@beseda/testkit'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { identityService } from './identity.module.js'

/** Sign-in with a real OpenID Connect provider in a process of its own. */
let system: TestSystem
let provider: TestOidcProvider
beforeAll(async () => {
  const publicUrl = 'https://chat.example.org'
  provider = await TestOidcProvider.prepare()
  await provider.start(publicUrl)
  const file = join(mkdtempSync(join(tmpdir(), 'beseda-oidc-')), 'providers.json')
  await provider.configure(file, { claim: 'groups', administrators: ['admins'], members: ['staff'] })
  Object.assign(process.env, { PUBLIC_URL: publicUrl, OIDC_PROVIDERS_FILE: file, OIDC_ALLOW_HTTP: 'true' })
  system = await TestSystem.start(identityService)
})
afterAll(async () => {
  for (const name of ['PUBLIC_URL', 'OIDC_PROVIDERS_FILE', 'OIDC_ALLOW_HTTP']) delete process.env[name]
  await system?.stop()
  await provider?.stop()
})

const anonymous = () => system.client(IdentityService)
const device = { id: newId(), name: 'Test' }
let people = 0
const newLogin = () => `person${++people}`

/** To the provider and back. */
async function answerOf(login: string, change: Record<string, string> = {}) {
  const { authorizationUrl, flow } = await anonymous().startOidc({ providerId: 'test' })
  const back = await provider.authorize(authorizationUrl, login)
  const text = (name: string) => back.searchParams.get(name) ?? ''
  return { flow, code: text('code'), state: text('state'), iss: text('iss'), ...change }
}
const finish = (answer: Awaited<ReturnType<typeof answerOf>>) =>
  anonymous().finishOidc({ answer, device, locale: 'ru' })
const signIn = async (login: string) => (await finish(await answerOf(login))).me!
async function withPassword() {
  const request = {
    commandId: newId(),
    username: `local${++people}`,
    displayName: 'Local',
    password: 'correct horse',
    device,
  }
  const { me, tokens } = await anonymous().register(request)
  const userId = me!.user!.id
  const stale = system.client(IdentityService, { userId, sessionId: newId() })
  return { userId, stale, client: system.client(IdentityService, { userId, sessionId: sessionIdOf(tokens) }) }
}
const sessionIdOf = (tokens: Tokens | undefined) =>
  (JSON.parse(Buffer.from(tokens!.accessToken.split('.')[1]!, 'base64url').toString()) as { sid: string }).sid

test('the sign-in page lists the providers; an unknown one is refused', async () => {
  expect((await anonymous().listSignInWays({})).providers).toMatchObject([{ id: 'test', name: 'Test Works' }])
  expect(await reasonOf(anonymous().startOidc({ providerId: 'other' }))).toBe('PROVIDER_NOT_FOUND')
})

test('the browser goes to the provider with a challenge, a state and a nonce, and learns none of the secrets', async () => {
  const { authorizationUrl, flow } = await anonymous().startOidc({ providerId: 'test' })
  const { searchParams } = new URL(authorizationUrl)
  expect(searchParams.get('code_challenge_method')).toBe('S256')
  for (const name of ['state', 'nonce', 'code_challenge']) expect(searchParams.get(name)).toBeTruthy()
  expect(Buffer.from(flow, 'base64url').toString()).not.toContain(searchParams.get('state')!)
})

test("the first sign-in makes an account with the person's name, the next ones find it", async () => {
  const login = newLogin()
  const first = await signIn(login)
  expect(first).toMatchObject({
    hasPassword: false,
    locale: 'ru',
    user: { username: login, displayName: `Name of ${login}` },
  })
  expect((await signIn(login)).user?.id).toBe(first.user?.id)
})

test('a user name that is taken stays with its holder: the new account gets another', async () => {
  const login = newLogin()
  const taken = { commandId: newId(), username: login, displayName: 'First', password: 'correct horse', device }
  const { me } = await anonymous().register(taken)
  const { user } = await signIn(login)
  expect(user?.username).toBe(`${login}2`)
  expect(user?.id).not.toBe(me?.user?.id)
})

test('of ten sign-ins at once for one new person, one account is made', async () => {
  const login = newLogin()
  const answers = await Promise.all(Array.from({ length: 10 }, () => answerOf(login)))
  const ids = await Promise.all(
    answers.map((answer) =>
      finish(answer).then(
        ({ me }) => me?.user?.id,
        () => undefined,
      ),
    ),
  )
  expect(new Set(ids.filter(Boolean)).size).toBe(1)
  expect((await signIn(login)).user?.id).toBe(ids.find(Boolean))
})

test('the groups that a provider tells say who may sign in, and who administers the installation', async () => {
  const login = newLogin()
  const by = async (...groups: string[]) => {
    await provider.put({ [login]: groups })
    return finish(await answerOf(login))
  }
  expect(await reasonOf(by('cooks'))).toBe('NOT_PERMITTED')
  const { me } = await by('staff')
  const client = system.client(IdentityService, { userId: me!.user!.id })
  const administers = async () => (await client.getMe({})).me!.administrator
  expect(await administers()).toBe(false)
  await by('staff', 'admins')
  expect(await administers()).toBe(true)
  await by('staff')
  expect(await administers()).toBe(false)
})

/** Somebody with a provider, a session and an authenticator app. */
async function withApp() {
  const login = newLogin()
  const { me, tokens } = await finish(await answerOf(login))
  const caller = { userId: me!.user!.id, sessionId: sessionIdOf(tokens) }
  const factors = system.client(SecondFactorService, caller)
  const { secret, flow } = await factors.startSecondFactor({})
  const app = new AuthenticatorApp(secret)
  const code = app.code()
  const { recoveryCodes } = await factors.addSecondFactor({ commandId: newId(), flow, code })
  return { login, app, recoveryCodes, client: system.client(IdentityService, caller), factors }
}

test('who has a second factor is asked for it after the provider, too', async () => {
  const { login, app } = await withApp()
  const { me, tokens, challenge } = await finish(await answerOf(login))
  expect([me, tokens]).toEqual([undefined, undefined])
  const steps = system.client(SecondFactorService)
  expect(await reasonOf(steps.finishSignIn({ challenge, code: '000000' }))).toBe('WRONG_CODE')
  expect((await steps.finishSignIn({ challenge, code: app.code() })).me?.user?.username).toBe(login)
})

test('a link that was removed before the code opens no session', async () => {
  const { login, client, recoveryCodes } = await withApp()
  const { challenge } = await finish(await answerOf(login))
  await client.changePassword({ newPassword: 'another horse', code: recoveryCodes[0]! })
  const again = await finish(await answerOf(login))
  await client.unlinkOidc({ providerId: 'test' })
  const steps = system.client(SecondFactorService)
  // The password has changed since the one, and the link is gone since the other.
  expect(await reasonOf(steps.finishSignIn({ challenge, code: recoveryCodes[1]! }))).toBe('SIGN_IN_FAILED')
  const late = steps.finishSignIn({ challenge: again.challenge, code: recoveryCodes[2]! })
  expect(await reasonOf(late)).toBe('BAD_CREDENTIALS')
})

test('a provider is linked only with a code; the same answer is good after a wrong one', async () => {
  const { client, recoveryCodes } = await withApp()
  const answer = await answerOf(newLogin())
  expect(await reasonOf(client.linkOidc({ answer }))).toBe('SECOND_FACTOR_REQUIRED')
  expect(await reasonOf(client.linkOidc({ answer, code: '000000' }))).toBe('WRONG_CODE')
  await client.linkOidc({ answer, code: recoveryCodes[0]! })
})

test('tokens are accepted after the provider has changed its keys', async () => {
  const login = newLogin()
  const before = await signIn(login)
  await provider.restart()
  // Keys are fetched once a second at most, whatever tokens say.
  const after = await vi.waitFor(() => signIn(login), { interval: 200 })
  expect(after.user?.id).toBe(before.user?.id)
})

test.each<[string, Record<string, string>]>([
  ['another state', { state: 'x'.repeat(43) }],
  ['no state', { state: '' }],
  ['another code', { code: 'x'.repeat(43) }],
  ['another issuer', { iss: 'https://evil.example' }],
  ['no flow', { flow: '' }],
  ['a made-up flow', { flow: 'AAAA'.repeat(40) }],
])('an answer with %s is refused', async (_, change) => {
  expect(await reasonOf(finish(await answerOf(newLogin(), change)))).toBe('SIGN_IN_FAILED')
})

test('a code works once, and only with the flow that asked for it', async () => {
  const [one, two] = [await answerOf(newLogin()), await answerOf(newLogin())]
  expect(await reasonOf(finish({ ...one, flow: two.flow, state: two.state }))).toBe('SIGN_IN_FAILED')
  await finish(two)
  expect(await reasonOf(finish(two))).toBe('SIGN_IN_FAILED')
})

test('a provider that was linked to an account signs in to it', async () => {
  const { userId, client } = await withPassword()
  const login = newLogin()
  await client.linkOidc({ answer: await answerOf(login) })
  expect((await client.listCredentials({})).providerIds).toEqual(['test'])
  expect((await signIn(login)).user?.id).toBe(userId)
  const other = await withPassword()
  expect(await reasonOf(other.client.linkOidc({ answer: await answerOf(login) }))).toBe('ALREADY_LINKED')
  await client.unlinkOidc({ providerId: 'test' })
  expect((await signIn(login)).user?.id).not.toBe(userId)
})

test('adding a way to sign in needs a recent sign-in; a refused answer of the provider can be used again', async () => {
  const { userId, client, stale } = await withPassword()
  const login = newLogin()
  const answer = await answerOf(login)
  expect(await reasonOf(stale.linkOidc({ answer }))).toBe('SIGN_IN_AGAIN')
  expect(await reasonOf(stale.startPasskey({}))).toBe('SIGN_IN_AGAIN')
  expect(await reasonOf(client.startPasskey({}))).toBe('accepted')
  await client.linkOidc({ answer })
  expect((await signIn(login)).user?.id).toBe(userId)
})

test('the last way to sign in cannot be removed', async () => {
  const me = await signIn(newLogin())
  const client = system.client(IdentityService, { userId: me.user!.id })
  expect(await reasonOf(client.unlinkOidc({ providerId: 'test' }))).toBe('LAST_SIGN_IN')
})

test('an account without a password is deleted after a recent sign-in, and nothing of the person stays', async () => {
  const login = newLogin()
  const { me, tokens } = await finish(await answerOf(login))
  const userId = me!.user!.id
  const stale = system.client(IdentityService, { userId })
  const command = () => ({ commandId: newId(), password: '' })
  expect(await reasonOf(stale.deleteAccount(command()))).toBe('SIGN_IN_AGAIN')
  await system.client(IdentityService, { userId, sessionId: sessionIdOf(tokens) }).deleteAccount(command())
  const admin = await system.nats.connect('admin')
  const manager = await jetstreamManager(admin)
  await vi.waitFor(
    async () => {
      const filter = { subjects_filter: 'identity.external.*' }
      const { state } = await manager.streams.info(IDENTITY_STREAM, filter)
      const stored = await Promise.all(
        Object.keys(state.subjects ?? {}).map((subject) =>
          manager.streams.getMessage(IDENTITY_STREAM, { last_by_subj: subject }),
        ),
      )
      expect(stored.map((message) => new TextDecoder().decode(message?.data)).join()).not.toContain(login)
    },
    { interval: 200 },
  )
  await admin.close()
  expect((await signIn(login)).user?.id).not.toBe(userId)
})
