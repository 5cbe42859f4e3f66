import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Scope } from '@beseda/proto/common/v1/policy'
import { Admission } from '@beseda/proto/identity/v1/events'
import { expect, onTestFinished, test } from 'vitest'
import { identityOn } from '../../../../testing/identity.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)
let names = 0
const newBot = () => ({ username: `bot${++names}`, displayName: 'Bot', scopes: [Scope.READ] })

async function owner(store = new MemoryEventStore()) {
  const identity = await identityOn(store)
  onTestFinished(() => identity.stop())
  const userId = newId()
  const command = {
    type: 'Register',
    displayName: 'Ann',
    passwordHash: '',
    locale: '',
    admission: Admission.OPEN,
  } as const
  const caller = (commandId = newId()) => ({ commandId, userId, now: NOW })
  await identity.registration.open(userId, { ...command, username: `ann${++names}` }, caller())
  return { ...identity, userId, caller }
}

test('a bot signs in with its newest token, and belongs to its owner', async () => {
  const { bots, caller, userId, ended } = await owner()
  const { bot, token } = await bots.create(newBot(), caller())
  const { sessionId } = await bots.authenticate(token)
  expect(bots.list(userId)).toEqual([bot])
  const next = await bots.replaceToken(bot.userId, caller())
  expect(await bots.authenticate(token).catch(reasonOf)).toBe(ErrorReason.UNAUTHENTICATED)
  expect((await bots.authenticate(next)).bot.userId).toBe(bot.userId)
  expect(ended).toEqual([sessionId])
  expect(bots.ended([{ userId: bot.userId, sessionId }])).toHaveLength(1)
})

test('a repeated replacement ends no session, because its token is the newest', async () => {
  const { bots, caller, ended } = await owner()
  const { bot } = await bots.create(newBot(), caller())
  const commandId = newId()
  const token = await bots.replaceToken(bot.userId, caller(commandId))
  expect(await bots.replaceToken(bot.userId, caller(commandId))).toBe(token)
  expect(ended).toHaveLength(1)
})

test('a repeated deletion succeeds, and another one finds no bot', async () => {
  const { bots, caller } = await owner()
  const { bot } = await bots.create(newBot(), caller())
  const deletion = caller()
  for (let i = 0; i < 2; i++) await bots.delete(bot.userId, deletion)
  expect(await bots.delete(bot.userId, caller()).catch(reasonOf)).toBe(ErrorReason.USER_NOT_FOUND)
})

test('requests at once do not exceed the number of bots that a person may have', async () => {
  const { bots, caller, userId } = await owner()
  const made = await Promise.all(Array.from({ length: 25 }, () => bots.create(newBot(), caller()).catch(reasonOf)))
  expect(made.filter((one) => one === ErrorReason.TOO_MANY)).toHaveLength(5)
  expect(bots.list(userId)).toHaveLength(20)
})

test('nor do they on six replicas, however many bots were deleted before', async () => {
  const store = new MemoryEventStore()
  const one = await owner(store)
  const replicas = await Promise.all(Array.from({ length: 6 }, () => owner(store)))
  for (let i = 0; i < 20; i++) await one.bots.create(newBot(), one.caller())
  const free = async () => {
    await one.bots.delete(one.bots.list(one.userId)[0]?.userId ?? '', one.caller())
    for (const { queries } of replicas) await queries.catchUp()
  }
  for (let round = 0; round < 3; round++) {
    await free()
    const made = replicas.map(({ bots }) => bots.create(newBot(), one.caller()).catch(reasonOf))
    expect((await Promise.all(made)).filter((result) => typeof result === 'object')).toHaveLength(1)
    await one.queries.catchUp()
    expect(one.bots.list(one.userId)).toHaveLength(20)
  }
})

test("a replica that lags accepts the owner's commands and refuses a stranger's", async () => {
  const store = new MemoryEventStore()
  const [ann, eve] = [await owner(store), await owner(store)]
  const { bot } = await ann.bots.create(newBot(), ann.caller())
  expect(await eve.bots.replaceToken(bot.userId, eve.caller()).catch(reasonOf)).toBe(ErrorReason.USER_NOT_FOUND)
  expect(await eve.bots.delete(newId(), eve.caller()).catch(reasonOf)).toBe(ErrorReason.USER_NOT_FOUND)
  expect(await eve.bots.replaceToken(bot.userId, ann.caller())).toMatch(/^beseda_bot_/)
})

test('a token that another replica has just made signs in', async () => {
  const store = new MemoryEventStore()
  const [one, other] = [await owner(store), await owner(store)]
  const { token } = await one.bots.create(newBot(), one.caller())
  await other.bots.authenticate(token)
  expect(await other.bots.authenticate(`${token}x`).catch(reasonOf)).toBe(ErrorReason.UNAUTHENTICATED)
})

test.each([
  ['disabled', { type: 'SetDisabled', disabled: true } as const],
  ['deleted', { type: 'Delete' } as const],
])('a bot whose owner is %s cannot sign in', async (_, command) => {
  const { bots, commands, caller, userId } = await owner()
  const { bot, token } = await bots.create(newBot(), caller())
  const session = { userId: bot.userId, sessionId: (await bots.authenticate(token)).sessionId }
  expect(bots.ended([session])).toEqual([])
  await commands.run(userId, command, caller())
  expect(await bots.authenticate(token).catch(reasonOf)).toBe(ErrorReason.UNAUTHENTICATED)
  expect(bots.ended([session])).toEqual([session])
})
