import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { MailChoice, NotificationLevel } from '@beseda/proto/notify/v1/events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NOW, type NotifyWorld, notifyWorld } from '../../../testing/notifications.js'

const now = NOW.getTime()
const caller = {
  ...{ userId: 'bob', commandId: newId(), now: NOW, traceparent: undefined },
  signal: new AbortController().signal,
}

let world: NotifyWorld
beforeEach(async () => {
  world = await notifyWorld()
})
afterEach(() => world.stop())

async function busy(options = {}) {
  const [groupId, direct] = [await world.group(['ann', 'bob']), await world.group(['ann', 'bob'], GroupKind.DIRECT)]
  const replica = await world.run(options)
  await replica.history.catchUp(direct, caller.signal)
  const unread = { groupId, unread: 7, mentions: 2 }
  world.counts.set('bob', [
    unread,
    { groupId: direct, unread: 3, mentions: 0 },
    { groupId: newId(), unread: 1, mentions: 1 },
  ])
  return { ...replica, groupId, direct }
}

test('a letter says how many mentions and direct messages are unread when it is sent, and no name', async () => {
  const { queries } = await busy()
  expect(await queries.of('bob', false, now)).toEqual({ mentions: 2, messages: 3, conversations: 2, named: [] })
})

test('a digest counts all conversations', async () => {
  const { queries, commands } = await busy()
  await commands.setMail(MailChoice.DAILY, undefined, caller)
  expect(await queries.of('bob', true, now)).toEqual({ mentions: 2, messages: 10, conversations: 2, named: [] })
})

test('where the installation says so, conversations and people are named, unless the person hides them', async () => {
  const { queries, commands } = await busy({ mailNames: true })
  const named = async () => (await queries.of('bob', false, now))?.named
  expect(await named()).toEqual([
    { name: 'Chess', messages: 0, mentions: 2 },
    { name: 'name of ann', messages: 3, mentions: 0 },
  ])
  await commands.updateGeneral({ quietHours: undefined, hideContent: true }, caller)
  expect(await named()).toEqual([])
})

test('nothing is sent when all was read meanwhile, the person is there, or wants no such letter any more', async () => {
  const { queries, commands, groupId } = await busy()
  expect(await queries.of('bob', true, now)).toBeUndefined()
  await commands.setGroup(groupId, { level: NotificationLevel.NOTHING, mutedUntil: 0 }, caller)
  expect(await queries.of('bob', false, now)).toMatchObject({ mentions: 0, messages: 3 })
  world.attention.set('bob', { active: true, doNotDisturb: false })
  expect(await queries.of('bob', false, now)).toBeUndefined()
  world.attention.clear()
  world.counts.set('bob', [{ groupId, unread: 0, mentions: 0 }])
  expect(await queries.of('bob', false, now)).toBeUndefined()
  world.counts.set('bob', [{ groupId, unread: 0, mentions: 1 }])
  await commands.setMail(MailChoice.OFF, undefined, { ...caller, commandId: newId() })
  expect(await queries.of('bob', false, now)).toBeUndefined()
})
