import { newId } from '@beseda/kernel'
import { goneSubject, PEOPLE_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { CallReminder, MailChoice, NotificationLevel } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NOW, type NotifyWorld, notifyWorld } from '../../../testing/notifications.js'
import { NOT_ARRANGED } from '../domain/list/arrangement.js'
import { DEFAULT_GENERAL } from '../domain/preferences/preferences.js'
import { DepartedPeople } from './departed-people.js'

const MENTIONS = { level: NotificationLevel.MENTIONS, mutedUntil: 0 }
const HIDDEN = { quietHours: undefined, hideContent: true, callReminder: CallReminder.HOUR }
const caller = (userId: string, commandId = newId()) => ({
  ...{ userId, commandId, now: NOW, traceparent: undefined },
  signal: new AbortController().signal,
})

let world: NotifyWorld
beforeEach(async () => {
  world = await notifyWorld()
})
afterEach(() => world.stop())

test('a change is answered with all preferences, and told to the devices of the person', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const { commands } = await world.run()
  await commands.updateGeneral(HIDDEN, caller('ann'))
  const changed = await commands.setGroup(groupId, MENTIONS, caller('ann'))
  expect(changed).toEqual({
    general: { ...HIDDEN, mail: MailChoice.UNSPECIFIED, callInvitations: false },
    groups: new Map([[groupId, MENTIONS]]),
  })
  expect(world.notices).toHaveLength(2)
  expect(world.notices.at(-1)).toEqual({ userId: 'ann', preferences: changed })
  expect(commands.of('bob').groups.size).toBe(0)
})

test('one command that comes twice is one event', async () => {
  const groupId = await world.group(['ann'])
  const { commands } = await world.run()
  const once = caller('ann')
  for (const _ of [1, 2]) await commands.setGroup(groupId, MENTIONS, once)
  expect((await world.store.info('NOTIFY')).lastSeq).toBe(1)
})

test('preferences for a group are for its members, and hidden from a person who is not a member any longer', async () => {
  const groupId = await world.group(['ann'])
  const { commands } = await world.run()
  await expect(commands.setGroup(groupId, MENTIONS, caller('bob'))).rejects.toMatchObject({
    reason: ErrorReason.NOT_A_MEMBER,
  })
  await commands.setGroup(groupId, MENTIONS, caller('ann'))
  await world.leave(groupId, 'ann')
  await vi.waitFor(() => expect(commands.of('ann').groups.size).toBe(0))
})

test('a member who was added a moment ago may set a preference: the view catches up before it refuses', async () => {
  const { commands } = await world.run()
  const groupId = await world.group(['ann'])
  expect((await commands.setGroup(groupId, MENTIONS, caller('ann'))).groups.size).toBe(1)
})

test('what is not said of reminders stays, as clients of older versions do', async () => {
  const { commands, preferences } = await world.run()
  await commands.updateGeneral(HIDDEN, caller('ann'))
  await commands.updateGeneral({ ...HIDDEN, hideContent: false, callReminder: undefined }, caller('ann'))
  expect(preferences.general('ann').state).toMatchObject({ hideContent: false, callReminder: CallReminder.HOUR })
})

test('quiet hours leave the choice of letters as it is, and the other way round', async () => {
  const { commands, preferences } = await world.run()
  await commands.setMail(MailChoice.DAILY, undefined, caller('ann'))
  await commands.updateGeneral(HIDDEN, caller('ann'))
  expect(preferences.general('ann').state).toEqual({ ...HIDDEN, mail: MailChoice.DAILY, callInvitations: false })
  await commands.setMail(MailChoice.OFF, undefined, caller('ann'))
  expect(preferences.general('ann').state).toEqual({ ...HIDDEN, mail: MailChoice.OFF, callInvitations: false })
})

test('what is not said of letters stays: invitations change nothing of when somebody is written to', async () => {
  const { commands, preferences } = await world.run()
  await commands.setMail(MailChoice.DAILY, undefined, caller('ann'))
  await commands.setMail(undefined, true, caller('ann'))
  expect(preferences.general('ann').state).toMatchObject({ mail: MailChoice.DAILY, callInvitations: true })
  await commands.setMail(MailChoice.SOON, undefined, caller('ann'))
  expect(preferences.general('ann').state).toMatchObject({ mail: MailChoice.SOON, callInvitations: true })
})

test('of a person whose account was deleted neither devices nor preferences are left, also for groups that they left', async () => {
  const groupId = await world.group(['ann'])
  await world.device('ann')
  const { commands, audience, subscriptions, preferences, arrangements, missed, missedStore, invitations, calendars } =
    await world.run()
  await missed.posted(groupId, await world.post(groupId, 'bob', 'hi', { mentions: { all: true } }), NOW.getTime())
  expect(missedStore.load('ann').state.waiting).toBeDefined()
  await commands.updateGeneral(HIDDEN, caller('ann'))
  await commands.setGroup(groupId, MENTIONS, caller('ann'))
  await arrangements.setSections([{ id: newId(), name: 'Work' }], caller('ann'))
  await world.leave(groupId, 'ann')
  const departed = new DepartedPeople(audience, subscriptions, commands, arrangements, missed, invitations, calendars)
  await departed.round()
  expect(preferences.load('ann').groups.size).toBe(1)
  await world.append(PEOPLE_STREAM, goneSubject('ann'), { case: 'personGone', value: create(PersonGoneSchema) })
  await vi.waitFor(() => expect(audience.departedWithTraces()).toEqual(['ann']))
  await departed.round()
  expect(audience.departedWithTraces()).toEqual([])
  expect(preferences.load('ann')).toEqual({ general: DEFAULT_GENERAL, groups: new Map() })
  expect(await subscriptions.living(['ann'], 0)).toEqual([])
  expect(arrangements.of('ann')).toEqual(NOT_ARRANGED)
  expect(missedStore.load('ann').state.waiting).toBeUndefined()
})
