import { newId } from '@beseda/kernel'
import { accountSubject, IDENTITY_STREAM } from '@beseda/proto'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { identityService } from './identity.service.js'
import { administratorsOf } from './projections/administrators.js'
import type { AccountRow } from './projections/queries.js'

/** Who registered first looks after the installation. */
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
  const request = { commandId: newId(), username: `admin${++count}`, displayName, password: 'correct horse', device }
  const { me, tokens } = await system.client(IdentityService).register(request)
  const client = system.client(IdentityService, { userId: request.commandId })
  return { id: request.commandId, username: request.username, me, tokens: tokens!, client }
}
const signIn = (username: string) =>
  system.client(IdentityService).signIn({ username, password: 'correct horse', device })

test('who registered first is an administrator, the others are none and may nothing of it', async () => {
  const bob = await person('Bob')
  expect([admin.me?.administrator, bob.me?.administrator]).toEqual([true, false])
  const { client } = bob
  const attempts = [
    client.listAccounts({}),
    client.setAccountDisabled({ commandId: newId(), userId: admin.id, disabled: true }),
    client.endAccountSessions({ userId: admin.id }),
    client.getInstallationStatus({}),
  ]
  expect(await Promise.all(attempts.map((attempt) => reasonOf(attempt)))).toEqual(Array(4).fill('NOT_PERMITTED'))
})

test('ADMINS names others instead, and never a bot', () => {
  const isAdministrator = administratorsOf(
    () => {
      throw new Error('who registered first does not matter')
    },
    { ADMINS: 'someone, Bob' },
  )
  const account = (username: string, owner_id = '') => ({ username, owner_id, user_id: username }) as AccountRow
  expect(['bob', 'someone', 'ada'].map((name) => isAdministrator(account(name)))).toEqual([true, true, false])
  expect(isAdministrator(account('bob', 'somebody'))).toBe(false)
})

test('people are listed, newest first, and found', async () => {
  const eve = await person('Eve Findable')
  const { accounts, people } = await admin.client.listAccounts({})
  expect(accounts[0]?.user?.id).toBe(eve.id)
  expect(people).toBe(accounts.length)
  const found = await admin.client.listAccounts({ query: 'findable' })
  expect(found.accounts.map(({ user }) => user?.id)).toEqual([eve.id])
})

test('a disabled account is signed out everywhere, and lets nobody in until it is enabled; the log says who did it', async () => {
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

test('nobody disables themselves', async () => {
  const self = { commandId: newId(), userId: admin.id, disabled: true }
  expect(await reasonOf(admin.client.setAccountDisabled(self))).toBe('NOT_PERMITTED')
})

test('a person can be signed out everywhere', async () => {
  const bob = await person('Bob')
  await signIn(bob.username)
  expect((await admin.client.endAccountSessions({ userId: bob.id })).ended).toBe(2)
  expect((await bob.client.listSessions({})).sessions).toEqual([])
})

test('every process says how it is', async () => {
  const other = await system.run(identityService)
  const { processes } = await admin.client.getInstallationStatus({})
  expect(processes.map(({ service }) => service)).toEqual(['identity', 'identity'])
  for (const { unready, runtime, memoryBytes, startedAt } of processes) {
    expect(unready).toEqual([])
    expect(runtime).toBe(process.version)
    expect(Number(memoryBytes)).toBeGreaterThan(1_000_000)
    expect(Number(startedAt?.seconds)).toBeGreaterThan(0)
  }
  await other.stop()
})
