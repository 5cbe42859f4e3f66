import { newId } from '@beseda/kernel'
import { accountSubject, IDENTITY_STREAM } from '@beseda/proto'
import { Scope } from '@beseda/proto/common/v1/policy'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { identityService } from './identity.module.js'

/** The first person who registers administers the installation. */
let system: TestSystem
let count = 0
let admin: Awaited<ReturnType<typeof person>>
beforeAll(async () => {
  system = await TestSystem.start(identityService)
  admin = await person('Ada Admin')
})
afterAll(() => system?.stop())

const device = { id: newId(), name: 'Test' }
async function person(displayName: string) {
  const request = {
    commandId: newId(),
    username: `admin${++count}`,
    displayName,
    password: 'correct horse',
    device,
    code: system.founderCode,
  }
  const { me, tokens } = await system.client(IdentityService).register(request)
  const id = me?.user?.id ?? ''
  const client = system.client(IdentityService, { userId: id })
  return { id, username: request.username, me, tokens: tokens!, client }
}
const signIn = (username: string) =>
  system.client(IdentityService).signIn({ username, password: 'correct horse', device })

/** One request of each administrators' method. */
const attempts: [string, (client: typeof admin.client, userId: string) => Promise<unknown>][] = [
  ['ListAccounts', (client) => client.listAccounts({})],
  ['SetAccountDisabled', (client, userId) => client.setAccountDisabled({ commandId: newId(), userId, disabled: true })],
  ['ListAccountSessions', (client, userId) => client.listAccountSessions({ userId })],
  ['EndAccountSessions', (client, userId) => client.endAccountSessions({ userId })],
  ['OfferPasswordReset', (client, userId) => client.offerPasswordReset({ commandId: newId(), userId })],
  [
    'SetAdministrator',
    (client, userId) => client.setAdministrator({ commandId: newId(), userId, administrator: true }),
  ],
  ['ListAdministratorActions', (client) => client.listAdministratorActions({})],
  ['ListLimits', (client) => client.listLimits({})],
  ['GetInstallationStatus', (client) => client.getInstallationStatus({})],
]

test.each(attempts)('%s is for administrators only', async (_, attempt) => {
  const [bob, eve] = [await person('Bob'), await person('Eve')]
  expect([admin.me?.administrator, bob.me?.administrator]).toEqual([true, false])
  expect(await reasonOf(attempt(bob.client, bob.id))).toBe('NOT_PERMITTED')
  expect(await reasonOf(attempt(bob.client, admin.id))).toBe('NOT_PERMITTED')
  expect(await reasonOf(attempt(admin.client, eve.id))).toBe('accepted')
})

test('accounts are listed, newest first, and found by name', async () => {
  const eve = await person('Eve Findable')
  const { accounts, people, next } = await admin.client.listAccounts({})
  expect(accounts[0]?.user?.id).toBe(eve.id)
  expect([people, next]).toEqual([accounts.length, 0n])
  const first = await admin.client.listAccounts({ limit: 2 })
  const second = await admin.client.listAccounts({ limit: 50, after: first.next })
  const ids = [...first.accounts, ...second.accounts].map(({ user }) => user?.id)
  expect(ids).toEqual(accounts.map(({ user }) => user?.id))
  const found = await admin.client.listAccounts({ query: 'findable' })
  expect(found.accounts.map(({ user }) => user?.id)).toEqual([eve.id])
})

test("a bot's session ends with its token, and while its owner is disabled", async () => {
  const bob = await person('Bob')
  const command = () => ({ commandId: newId() })
  const { bot, token } = await bob.client.createBot({
    ...command(),
    username: `bot${count}`,
    displayName: 'Bot',
    scopes: [Scope.READ],
  })
  const botId = bot!.user!.id
  const identity = system.client(IdentityService)
  const sessionOf = async (by: string) => (await identity.authenticateBot({ token: by })).sessionId
  const hasEnded = async (sessionId: string) => {
    const sessions = [{ userId: botId, sessionId }]
    return (await identity.findEndedSessions({ sessions, onlyRevoked: true })).ended.length > 0
  }
  const first = await sessionOf(token)
  expect(await hasEnded(first)).toBe(false)
  const { token: next } = await bob.client.replaceBotToken({ ...command(), botId })
  const second = await sessionOf(next)
  expect([await hasEnded(first), await hasEnded(second)]).toEqual([true, false])
  await admin.client.setAccountDisabled({ ...command(), userId: bob.id, disabled: true })
  expect(await hasEnded(second)).toBe(true)
  await admin.client.setAccountDisabled({ ...command(), userId: bob.id, disabled: false })
  expect(await hasEnded(second)).toBe(false)
  await bob.client.deleteBot({ ...command(), botId })
  expect(await hasEnded(second)).toBe(true)
})

test('a disabled account is signed out everywhere and cannot sign in until it is enabled; the log says who disabled it', async () => {
  const bob = await person('Bob')
  const set = (disabled: boolean) => admin.client.setAccountDisabled({ commandId: newId(), userId: bob.id, disabled })
  await set(true)
  expect(await reasonOf(signIn(bob.username))).toBe('ACCOUNT_DISABLED')
  const { refreshToken } = bob.tokens
  expect(await reasonOf(system.client(IdentityService).refreshToken({ refreshToken }))).toBe('SESSION_REVOKED')
  const bus = await system.nats.connect('admin')
  const last = { last_by_subj: accountSubject(bob.id) }
  const stored = await (await jetstreamManager(bus)).streams.getMessage(IDENTITY_STREAM, last)
  await bus.close()
  const [event] = fromBinary(CommitSchema, stored!.data).events
  expect(event).toMatchObject({ actorId: admin.id, body: { case: 'accountDisabled' } })
  await set(false)
  expect(await reasonOf(signIn(bob.username))).toBe('accepted')
})

test('an administrator cannot disable their own account', async () => {
  const self = { commandId: newId(), userId: admin.id, disabled: true }
  expect(await reasonOf(admin.client.setAccountDisabled(self))).toBe('NOT_PERMITTED')
})

test('an administrator signs a person out everywhere', async () => {
  const bob = await person('Bob')
  await signIn(bob.username)
  expect((await admin.client.endAccountSessions({ userId: bob.id })).ended).toBe(2)
  expect((await bob.client.listSessions({})).sessions).toEqual([])
})

test('a code sets a new password once and ends all sessions', async () => {
  const bob = await person('Bob')
  const { code } = await admin.client.offerPasswordReset({ commandId: newId(), userId: bob.id })
  const reset = (newPassword: string) => system.client(IdentityService).resetPassword({ code, newPassword })
  expect(await reasonOf(signIn(bob.username))).toBe('accepted')
  expect(await reset('quite another')).toMatchObject({ username: bob.username })
  expect((await bob.client.listSessions({})).sessions).toEqual([])
  expect(await reasonOf(signIn(bob.username))).toBe('BAD_CREDENTIALS')
  const request = { username: bob.username, password: 'quite another', device }
  expect(await reasonOf(system.client(IdentityService).signIn(request))).toBe('accepted')
  expect(await reasonOf(reset('a third one'))).toBe('RESET_EXPIRED')
})

test('an appointed administrator gets no code for the founder or another administrator; the founder does for the appointed', async () => {
  const [bob, eve] = [await person('Bob'), await person('Eve')]
  for (const { id: userId } of [bob, eve]) {
    await admin.client.setAdministrator({ commandId: newId(), userId, administrator: true })
  }
  const offer = (client: typeof admin.client, userId: string) =>
    reasonOf(client.offerPasswordReset({ commandId: newId(), userId }))
  expect(await offer(bob.client, admin.id)).toBe('NOT_PERMITTED')
  expect(await offer(bob.client, eve.id)).toBe('NOT_PERMITTED')
  expect(await offer(admin.client, eve.id)).toBe('accepted')
  for (const { id: userId } of [bob, eve]) {
    await admin.client.setAdministrator({ commandId: newId(), userId, administrator: false })
  }
})

test('of two requests with one code at once, one sets the password', async () => {
  const bob = await person('Bob')
  const { code } = await admin.client.offerPasswordReset({ commandId: newId(), userId: bob.id })
  const tries = ['password one', 'password two'].map((newPassword) =>
    reasonOf(system.client(IdentityService).resetPassword({ code, newPassword })),
  )
  expect((await Promise.all(tries)).sort()).toEqual(['RESET_EXPIRED', 'accepted'])
})

test('administrators appoint and dismiss each other, not themselves; an operator appoints with a command', async () => {
  const [bob, eve] = [await person('Bob'), await person('Eve')]
  const set = (client: typeof admin.client, userId: string, administrator: boolean) =>
    reasonOf(client.setAdministrator({ commandId: newId(), userId, administrator }))
  expect(await set(admin.client, bob.id, true)).toBe('accepted')
  expect((await bob.client.getMe({})).me?.administrator).toBe(true)
  expect(await set(bob.client, bob.id, false)).toBe('NOT_PERMITTED')
  // The founder's right comes from the installation: nobody who was appointed takes it away.
  const disableFounder = { commandId: newId(), userId: admin.id, disabled: true }
  expect(await set(bob.client, admin.id, false)).toBe('NOT_PERMITTED')
  expect(await reasonOf(bob.client.setAccountDisabled(disableFounder))).toBe('NOT_PERMITTED')
  expect(await set(admin.client, bob.id, false)).toBe('accepted')
  expect((await bob.client.getMe({})).me?.administrator).toBe(false)
  const appointment = { commandId: newId(), username: eve.username }
  await system.asOperator(IdentityService, (identity) => identity.appointAdministrator(appointment))
  expect((await eve.client.getMe({})).me?.administrator).toBe(true)
  expect(await set(admin.client, eve.id, false)).toBe('accepted')
  expect(await set(bob.client, bob.id, true)).toBe('NOT_PERMITTED')
})

test('what administrators do is in the audit log, once for each command', async () => {
  const bob = await person('Bob')
  const commandId = newId()
  const disable = () => admin.client.setAccountDisabled({ commandId, userId: bob.id, disabled: true })
  await disable()
  await disable()
  await admin.client.offerPasswordReset({ commandId: newId(), userId: bob.id })
  const { actions } = await admin.client.listAdministratorActions({ limit: 3 })
  const about = actions.filter(({ userId }) => userId === bob.id).map((one) => [one.administratorId, one.action])
  expect(about).toEqual([
    [admin.id, AdministratorAction.OFFER_PASSWORD_RESET],
    [admin.id, AdministratorAction.DISABLE_ACCOUNT],
  ])
  const older = await admin.client.listAdministratorActions({ limit: 1, beforeSeq: actions[0]!.seq })
  expect([older.actions[0]?.seq, older.hasMore]).toEqual([actions[1]?.seq, true])
})

test('every process reports its status', async () => {
  const other = await system.run(identityService)
  const { processes } = await admin.client.getInstallationStatus({})
  expect(processes.map(({ service }) => service)).toEqual(['identity', 'identity'])
  for (const { unready, ready, views, streams, figures, busVersion, runtime, memoryBytes, startedAt } of processes) {
    expect(unready).toEqual([])
    expect(ready).toEqual(expect.arrayContaining(['nats', 'rpc', 'view directory']))
    expect(views).toContainEqual(expect.objectContaining({ view: 'directory', stream: IDENTITY_STREAM, lag: 0n }))
    expect(streams).toContainEqual(expect.objectContaining({ stream: IDENTITY_STREAM, replicasCurrent: 1 }))
    expect(Number(figures.people)).toBeGreaterThan(1)
    expect(busVersion).toMatch(/^2\./)
    expect(runtime).toBe(process.version)
    expect(Number(memoryBytes)).toBeGreaterThan(1_000_000)
    expect(Number(startedAt?.seconds)).toBeGreaterThan(0)
  }
  await other.stop()
})
