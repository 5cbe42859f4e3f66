import { setTimeout as wait } from 'node:timers/promises'
import { newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Scope } from '@beseda/proto/common/v1/policy'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Installation, PASSWORD, Person } from '@beseda/testkit'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Beseda, type BesedaEvent, type BesedaOptions } from './index.js'

/** Bots and a person on a whole installation with two gateways: the bots at the first one, Ann at the second one. */
let beseda: Installation
let ann: Person
beforeAll(async () => {
  beseda = await Installation.start()
  ann = await Person.register(beseda.url2, 'Ann')
})
afterAll(() => beseda?.stop())

let bots = 0
async function makeBot(...scopes: Scope[]) {
  const username = `bot${++bots}-${Date.now().toString(36)}`
  const { bot, token } = await ann.identity.createBot({ commandId: newId(), username, displayName: 'Bot', scopes })
  return { id: bot?.user?.id ?? '', token }
}

async function makeGroup(...memberIds: string[]): Promise<string> {
  const founding = { commandId: newId(), kind: GroupKind.GROUP, name: 'Tea' }
  const { group } = await ann.groups.createGroup(founding)
  const groupId = group?.id ?? ''
  if (memberIds.length > 0) await ann.membership.addMembers({ commandId: newId(), groupId, userIds: memberIds })
  return groupId
}

function open(options: Omit<BesedaOptions, 'url'>): Beseda {
  const client = new Beseda({ url: beseda.url, ...options })
  onTestFinished(() => client.close())
  return client
}

const say = (groupId: string, text: string) => ann.groups.postMessage({ messageId: newId(), groupId, text })

/** Texts of a group in their order, as the server has them. */
async function texts(groupId: string): Promise<string[]> {
  const { messages } = await ann.groups.listMessages({ groupId, limit: 100 })
  return messages.map(({ text }) => text)
}

/** Reads events until one fits. */
async function until(events: AsyncIterator<BesedaEvent>, fits: (event: BesedaEvent) => boolean) {
  for (;;) {
    const { value } = await events.next()
    if (!value) throw new Error('the events ended')
    if (fits(value)) return value
  }
}
const isLive = ({ kind }: BesedaEvent) => kind === 'live'

test('an echo bot answers each message once and in order, while its gateway is killed again and again', async () => {
  const bot = await makeBot(Scope.READ, Scope.POST)
  const groupId = await makeGroup(bot.id)
  const client = open({ token: bot.token })
  const kinds: string[] = []
  const live = Promise.withResolvers<void>()
  const echo = (async () => {
    for await (const event of client.events()) {
      kinds.push(event.kind)
      if (event.kind === 'live') live.resolve()
      if (event.kind !== 'messagePosted' || event.actorId === client.userId) continue
      await client.api.group.postMessage({ groupId, text: `echo ${event.value.text}` })
    }
  })()
  await live.promise
  const said: string[] = []
  const killing = (async () => {
    for (let round = 0; round < 2; round++) await beseda.kill('gateway')
  })()
  for (let i = 0; i < 30; i++) {
    said.push(`message ${i}`)
    await say(groupId, `message ${i}`)
    await wait(20)
  }
  await killing
  const answers = async () => (await texts(groupId)).filter((text) => text.startsWith('echo '))
  await expect.poll(answers).toHaveLength(said.length)
  expect(kinds).toContain('interrupted')
  // Whatever comes twice comes before this.
  await say(groupId, 'the last')
  await expect.poll(answers).toContain('echo the last')
  expect(await answers()).toEqual([...said, 'the last'].map((text) => `echo ${text}`))
  client.close()
  await echo
})

test('a later run goes on where the one before was, and answers once what it was handling', async () => {
  const bot = await makeBot(Scope.READ, Scope.POST)
  const groupId = await makeGroup(bot.id)
  const first = open({ token: bot.token })
  const events = first.events()
  await until(events, isLive)
  await say(groupId, 'one')
  await say(groupId, 'two')
  const answer = async (client: Beseda, event: BesedaEvent) => {
    if (event.kind !== 'messagePosted') return
    const messageId = await client.idFor('answer', event.value.messageId)
    await client.api.group.postMessage({ messageId, groupId, text: `to ${event.value.text}` })
  }
  await answer(first, await until(events, (event) => event.kind === 'messagePosted' && event.value.text === 'one'))
  // It has answered, and ends before it says so.
  first.close()
  expect(await events.next()).toEqual({ done: true, value: undefined })
  const positions = first.positions()
  const second = open({ token: bot.token, positions })
  const later = second.events()
  const told: string[] = []
  while (told.length < 2) {
    const event = await until(later, (one) => one.kind === 'messagePosted' && one.actorId === ann.userId)
    if (event.kind === 'messagePosted') told.push(event.value.text)
    await answer(second, event)
  }
  expect(told).toEqual(['one', 'two'])
  expect((await texts(groupId)).filter((text) => text.startsWith('to '))).toEqual(['to one', 'to two'])
})

test('coming into a group and out of it is told, live and after an absence', async () => {
  const bot = await makeBot(Scope.READ)
  const client = open({ token: bot.token })
  const events = client.events()
  await until(events, isLive)
  const groupId = await makeGroup(bot.id)
  expect(await until(events, ({ kind }) => kind === 'groupJoined')).toEqual({ kind: 'groupJoined', groupId })
  await say(groupId, 'hello')
  expect(await until(events, ({ kind }) => kind === 'messagePosted')).toMatchObject({ groupId, actorId: ann.userId })
  await events.return()
  const positions = client.positions()
  client.close()
  await ann.membership.removeMember({ commandId: newId(), groupId, userId: bot.id })
  const other = await makeGroup(bot.id)
  const later = open({ token: bot.token, positions }).events()
  const seen: BesedaEvent[] = []
  for (let event = await until(later, () => true); !isLive(event); event = await until(later, () => true))
    seen.push(event)
  expect(seen).toEqual(
    expect.arrayContaining([
      { kind: 'groupLeft', groupId },
      { kind: 'groupJoined', groupId: other },
      { kind: 'missed', groupId: other },
    ]),
  )
})

test('a bot that was in no group is told of the first one, and that it has missed something there', async () => {
  const bot = await makeBot(Scope.READ)
  const client = open({ token: bot.token })
  await until(client.events(), isLive)
  const positions = client.positions()
  client.close()
  const groupId = await makeGroup(bot.id)
  await say(groupId, 'hello')
  const later = open({ token: bot.token, positions }).events()
  const seen = [
    await until(later, ({ kind }) => kind !== 'passing'),
    await until(later, ({ kind }) => kind !== 'passing'),
  ]
  expect(seen).toEqual([
    { kind: 'groupJoined', groupId },
    { kind: 'missed', groupId },
  ])
})

describe('what the server refuses', () => {
  test('is a typed error', async () => {
    const bot = await makeBot(Scope.READ)
    const { api } = open({ token: bot.token })
    const strange = await makeGroup()
    await expect(api.group.getGroup({ groupId: strange })).rejects.toMatchObject({ reason: ErrorReason.NOT_A_MEMBER })
    await expect(api.group.postMessage({ groupId: strange, text: 'x' })).rejects.toMatchObject({
      reason: ErrorReason.SCOPE_MISSING,
    })
    const wrong = await api.group.getGroup({ groupId: 'no id' }).catch((error) => error)
    expect(wrong).toMatchObject({
      name: 'BesedaError',
      reason: ErrorReason.INVALID_REQUEST,
      message: 'INVALID_REQUEST',
    })
    expect(wrong.violations[0]).toMatchObject({ field: 'group_id' })
  })

  test('a token that was replaced ends the iteration', async () => {
    const bot = await makeBot(Scope.READ)
    const events = open({ token: bot.token }).events()
    await until(events, isLive)
    await ann.identity.replaceBotToken({ commandId: newId(), botId: bot.id })
    await expect(until(events, () => false)).rejects.toMatchObject({ reason: ErrorReason.UNAUTHENTICATED })
  })

  test('nobody answers: the call is tried for as long as it was told, and ended by its signal', async () => {
    const client = new Beseda({ url: 'http://127.0.0.1:1', patienceMs: 300 })
    await expect(client.api.identity.getMe({})).rejects.toMatchObject({ reason: ErrorReason.UNAVAILABLE })
    const patient = new Beseda({ url: 'http://127.0.0.1:1' })
    const call = patient.api.identity.getMe({}, { signal: AbortSignal.abort(new Error('enough')) })
    await expect(call).rejects.toMatchObject({ reason: ErrorReason.UNAVAILABLE, cause: new Error('enough') })
    const closed = patient.api.identity.getMe({})
    patient.close()
    await expect(closed).rejects.toMatchObject({ reason: ErrorReason.UNAVAILABLE })
  })
})

test('a session of a person renews its tokens, and keeps each before it is used', async () => {
  const device = { id: newId(), name: 'Program' }
  const { username } = ann
  const { tokens } = await open({}).api.identity.signIn({ username, password: PASSWORD, device })
  const kept: string[] = []
  const client = open({
    session: { refreshToken: tokens?.refreshToken ?? '', renewed: ({ refreshToken }) => void kept.push(refreshToken) },
  })
  expect((await client.api.identity.getMe({})).me?.user?.id).toBe(ann.userId)
  const events = client.events()
  await until(events, isLive)
  expect(client.userId).toBe(ann.userId)
  expect(kept).toHaveLength(1)
  const again = open({ session: { refreshToken: kept[0] ?? '', renewed: () => undefined } })
  expect((await again.api.identity.getMe({})).me?.user?.id).toBe(ann.userId)
})
