import { createHash } from 'node:crypto'
import { commandCommit, type EventBody, JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { accountSubject, IDENTITY_STREAM, usernameSubject } from '@beseda/proto'
import { Scope } from '@beseda/proto/common/v1/policy'
import { AdministratorAction, BotCreatedSchema, UsernameClaimedSchema } from '@beseda/proto/identity/v1/events'
import { IdentityService, type RegisterResponse } from '@beseda/proto/identity/v1/identity_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identityService } from './identity.module.js'

/** A repeated command is answered only to the person who gave it, and only with the same content. */
let system: TestSystem
let admin: Person
beforeAll(async () => {
  system = await TestSystem.start(identityService)
  admin = await person()
})
afterAll(() => system?.stop())

type Person = Awaited<ReturnType<typeof person>>
const device = { id: newId(), name: 'Test' }
let names = 0
const newName = () => `somebody-${++names}`

async function person(username = newName()) {
  const registration = {
    commandId: newId(),
    username,
    displayName: 'Somebody',
    password: 'correct horse',
    device,
    code: system.founderCode,
  }
  const { me } = await system.client(IdentityService).register(registration)
  const id = me!.user!.id
  return { id, registration, client: system.client(IdentityService, { userId: id }) }
}

const newBot = () => ({ commandId: newId(), username: newName(), displayName: 'Bot', scopes: [Scope.READ] })

/** What a call answers, or why it is refused. */
const tokenOrReason = (call: Promise<{ readonly token: string }>) =>
  call.then(
    ({ token }) => token,
    (error: unknown) => reasonOf(Promise.reject(error)),
  )

describe('the token of a bot', () => {
  test("is not given to a stranger who repeats the creation under the bot's id or the command id", async () => {
    const [ann, eve] = [await person(), await person()]
    const creation = newBot()
    const { bot, token } = await ann.client.createBot(creation)
    const botId = bot!.user!.id
    for (const commandId of [botId, creation.commandId]) {
      for (const username of [creation.username, newName()]) {
        const answer = await tokenOrReason(eve.client.createBot({ ...creation, commandId, username }))
        expect(answer).not.toBe(token)
      }
    }
    expect(await system.client(IdentityService).authenticateBot({ token })).toMatchObject({ userId: botId })
    expect((await eve.client.listBots({})).bots.map(({ user }) => user?.id)).not.toContain(botId)
  })

  test('is given again to its owner, whose answer was lost, but not for other content', async () => {
    const ann = await person()
    const creation = newBot()
    const { bot, token } = await ann.client.createBot(creation)
    expect(await ann.client.createBot(creation)).toMatchObject({ token, bot: { user: { id: bot!.user!.id } } })
    const changes = [{ username: newName() }, { displayName: 'Another' }, { scopes: [Scope.READ, Scope.POST] }]
    for (const change of changes) {
      expect(await reasonOf(ann.client.createBot({ ...creation, ...change }))).toBe('COMMAND_ID_REUSED')
    }
    expect((await ann.client.listBots({})).bots).toHaveLength(1)
  })

  test('is not given out after it was replaced or its bot was deleted', async () => {
    const ann = await person()
    const creation = newBot()
    const botId = (await ann.client.createBot(creation)).bot!.user!.id
    const replacement = { commandId: newId(), botId }
    const { token } = await ann.client.replaceBotToken(replacement)
    expect((await ann.client.replaceBotToken(replacement)).token).toBe(token)
    expect(await reasonOf(ann.client.createBot(creation))).toBe('COMMAND_ID_REUSED')
    await ann.client.replaceBotToken({ commandId: newId(), botId })
    expect(await reasonOf(ann.client.replaceBotToken(replacement))).toBe('COMMAND_ID_REUSED')
    await ann.client.deleteBot({ commandId: newId(), botId })
    expect(await reasonOf(ann.client.createBot(creation))).toBe('COMMAND_ID_REUSED')
  })

  test('of one bot is not answered to the command that replaced the token of another', async () => {
    const ann = await person()
    const bots = [(await ann.client.createBot(newBot())).bot, (await ann.client.createBot(newBot())).bot]
    const commandId = newId()
    const [one, other] = bots.map((bot) => ({ commandId, botId: bot!.user!.id }))
    await ann.client.replaceBotToken(one!)
    expect(await reasonOf(ann.client.replaceBotToken(other!))).toBe('COMMAND_ID_REUSED')
  })
})

describe('an account', () => {
  test('is not entered by registering under its public id or its command id', async () => {
    const ann = await person()
    for (const commandId of [ann.id, ann.registration.commandId]) {
      for (const username of [ann.registration.username, newName()]) {
        const attempt = { ...ann.registration, commandId, username, password: 'another horse' }
        const answer = await system.client(IdentityService).register(attempt).catch(reasonOfError)
        expect(idIn(answer)).not.toBe(ann.id)
      }
    }
    // The password alone is not enough either: the public id is no command of anybody.
    const known = { ...ann.registration, commandId: ann.id, username: newName() }
    expect(idIn(await system.client(IdentityService).register(known).catch(reasonOfError))).not.toBe(ann.id)
  })

  test('is answered again to the same registration only', async () => {
    const { id, registration } = await person()
    const register = (change: object) => system.client(IdentityService).register({ ...registration, ...change })
    expect(idIn(await register({}))).toBe(id)
    const changes = [{ username: newName() }, { displayName: 'Another' }, { locale: 'ru' }, { password: 'other horse' }]
    for (const change of changes) expect(await reasonOf(register(change))).toBe('COMMAND_ID_REUSED')
  })

  test('that was deleted is not made again by its registration', async () => {
    const { client, registration } = await person()
    await client.deleteAccount({ commandId: newId(), password: registration.password })
    expect(await reasonOf(system.client(IdentityService).register(registration))).toBe('COMMAND_ID_REUSED')
  })

  test('never has the id of a bot', async () => {
    const [ann, eve] = [await person(), await person()]
    const { commandId } = ann.registration
    const { bot } = await eve.client.createBot({ ...newBot(), commandId })
    expect(new Set([ann.id, bot!.user!.id, commandId]).size).toBe(3)
    expect(await reasonOf(ann.client.createBot({ ...newBot(), commandId }))).toBe('COMMAND_ID_REUSED')
  })
})

describe('made by a release where command ids were ids', () => {
  /** The id of the command is the id of the bot. */
  async function oldBot(ownerId: string, username: string) {
    const [userId, token, now] = [newId(), 'beseda_bot_of-old', new Date()]
    const tokenHash = createHash('sha256').update(token).digest()
    const creation = create(BotCreatedSchema, {
      username,
      displayName: 'Old Bot',
      ownerId,
      tokenHash,
      scopes: [Scope.READ],
    })
    const claim = create(UsernameClaimedSchema, { username, userId })
    const commits: [string, string, EventBody][] = [
      [usernameSubject(hashOf(username)), `${userId}.name`, { case: 'usernameClaimed', value: claim }],
      [accountSubject(userId), userId, { case: 'botCreated', value: creation }],
    ]
    const bus = await system.nats.connect('admin')
    const store = await JetStreamEventStore.open(bus)
    for (const [subject, commandId, body] of commits) {
      const commit = commandCommit({ commandId, actorId: userId, now }, [body])
      await store.append({ stream: IDENTITY_STREAM, subject, commit, expect: { subject, lastSeq: 0 } })
    }
    await bus.close()
    return { id: userId, username, token }
  }

  test('a bot keeps its token, and no command answers with it', async () => {
    const [ann, eve] = [await person(), await person()]
    const old = await oldBot(ann.id, newName())
    const anonymous = system.client(IdentityService)
    expect((await anonymous.getUsers({ userIds: [old.id] })).users).toHaveLength(1)
    expect(await anonymous.authenticateBot({ token: old.token })).toMatchObject({ userId: old.id })
    for (const { client } of [eve, ann]) {
      const same = { commandId: old.id, username: old.username, displayName: 'Old Bot', scopes: [Scope.READ] }
      expect(await reasonOf(client.createBot(same))).toBe('USERNAME_TAKEN')
      const named = await client.createBot({ ...same, username: newName() })
      expect([named.token, named.bot?.user?.id]).not.toContain(old.id)
      expect(named.token).not.toBe(old.token)
    }
    expect(await reasonOf(eve.client.replaceBotToken({ commandId: old.id, botId: old.id }))).toBe('USER_NOT_FOUND')
    const { token } = await ann.client.replaceBotToken({ commandId: newId(), botId: old.id })
    expect(await anonymous.authenticateBot({ token })).toMatchObject({ userId: old.id })
  })
})

describe('what administrators do', () => {
  test('the code for a new password is answered again to the administrator who asked, and to no other', async () => {
    const [bob, cid] = [await person(), await person()]
    await admin.client.setAdministrator({ commandId: newId(), userId: cid.id, administrator: true })
    const offer = { commandId: newId(), userId: bob.id }
    const first = await admin.client.offerPasswordReset(offer)
    expect(await admin.client.offerPasswordReset(offer)).toMatchObject({ code: first.code, expiresAt: first.expiresAt })
    expect((await cid.client.offerPasswordReset(offer)).code).not.toBe(first.code)
    // The code of the first is void from here on, and not given out again.
    expect(await reasonOf(admin.client.offerPasswordReset(offer))).toBe('COMMAND_ID_REUSED')
  })

  test('is in the audit log even when a command id is used for something else', async () => {
    const [bob, cid] = [await person(), await person()]
    const commandId = newId()
    await admin.client.setAccountDisabled({ commandId, userId: bob.id, disabled: true })
    await admin.client.setAdministrator({ commandId, userId: cid.id, administrator: true })
    expect((await cid.client.getMe({})).me?.administrator).toBe(true)
    const { actions } = await admin.client.listAdministratorActions({ limit: 2 })
    expect(actions.map(({ action, userId }) => [action, userId])).toEqual([
      [AdministratorAction.APPOINT, cid.id],
      [AdministratorAction.DISABLE_ACCOUNT, bob.id],
    ])
    expect(await reasonOf(admin.client.setAccountDisabled({ commandId, userId: cid.id, disabled: true }))).toBe(
      'COMMAND_ID_REUSED',
    )
  })
})

test('the log holds no command id of a client: it could be used again by whoever reads it', async () => {
  const ann = await person()
  const { commandId } = ann.registration
  const bus = await system.nats.connect('admin')
  const store = await JetStreamEventStore.open(bus)
  const log = await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 10_000, filter: accountSubject(ann.id) })
  await bus.close()
  expect(log).not.toHaveLength(0)
  expect(log.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join()).not.toContain(commandId)
})

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const reasonOfError = (error: unknown) => reasonOf(Promise.reject(error))
const idIn = (answer: string | RegisterResponse) => (typeof answer === 'string' ? answer : answer.me?.user?.id)

test('a repeated deletion of an account succeeds, although the account has no password any more', async () => {
  const ann = await person()
  const deletion = { commandId: newId(), password: 'correct horse' }
  await ann.client.deleteAccount(deletion)
  expect(await reasonOf(ann.client.deleteAccount(deletion))).toBe('accepted')
  expect(await reasonOf(ann.client.deleteAccount({ ...deletion, commandId: newId() }))).not.toBe('accepted')
})
