import { newId } from '@beseda/kernel'
import {
  blockSubject,
  historyStream,
  historySubject,
  NOTIFY_STREAM,
  notifySettingsSubject,
  PEOPLE_STREAM,
} from '@beseda/proto'
import {
  Attendance,
  AttendanceAnsweredSchema,
  CallRescheduledSchema,
  CallScheduledSchema,
  CallTermsSchema,
  CallUnscheduledSchema,
  Frequency,
  OccurrenceChangedSchema,
} from '@beseda/proto/call/v1/events'
import { GroupDeletedSchema } from '@beseda/proto/group/v1/events'
import { BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import { LetterKind } from '@beseda/proto/mail/v1/letter'
import {
  CallReminder,
  MailChoice,
  NotificationSettingsChangedSchema,
  QuietHoursSchema,
} from '@beseda/proto/notify/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NOW, type NotifyWorld, notifyWorld } from '../../../testing/notifications.js'

const MINUTE = 60_000
/** Ten in the morning in Berlin, the day after its clocks were put forward. */
const START = Date.UTC(2027, 2, 29, 8)
const SCHEDULE = '01900000-0000-7000-8000-00000000abcd'
const caller = (userId: string) => ({
  ...{ userId, commandId: newId(), now: NOW, traceparent: undefined },
  signal: new AbortController().signal,
})

let world: NotifyWorld
beforeEach(async () => {
  world = await notifyWorld()
})
afterEach(() => world.stop())
type Replica = Awaited<ReturnType<NotifyWorld['run']>>

const terms = (fields: MessageInitShape<typeof CallTermsSchema> = {}) =>
  create(CallTermsSchema, {
    ...{ title: 'Chess', startsAt: '2027-03-29T10:00', timeZone: 'Europe/Berlin', durationMin: 30, ...fields },
  })
const schedule = (groupId: string, fields?: MessageInitShape<typeof CallTermsSchema>) =>
  world.schedule(groupId, {
    case: 'callScheduled',
    value: create(CallScheduledSchema, { scheduleId: SCHEDULE, terms: terms(fields) }),
  })
const choose = (userId: string, callReminder: CallReminder, more = {}) =>
  world.append(NOTIFY_STREAM, notifySettingsSubject(userId), {
    case: 'notificationSettingsChanged',
    value: create(NotificationSettingsChangedSchema, { callReminder, ...more }),
  })
const people = () => world.reminded.map(({ userId }) => userId).toSorted((a, b) => a.localeCompare(b))
const letters = () => [...world.queued.values()].map(({ kind, userId }) => [userId, kind])

/** A round of a replica whose view has all of the log. */
async function round(replica: Replica, now: number): Promise<void> {
  for (const stream of [historyStream(0), PEOPLE_STREAM, NOTIFY_STREAM]) {
    const { lastSeq } = await world.store.info(stream)
    await replica.projection.waitFor(stream, lastSeq, AbortSignal.timeout(5_000))
  }
  await replica.reminders.round(now)
}

test('everybody is reminded once, ten minutes before: in the page, by push, and by letter whom no push reaches', async () => {
  const groupId = await world.group(['ann', 'bob', 'eve'])
  await schedule(groupId)
  await world.device('bob')
  world.attention.set('ann', { active: true, doNotDisturb: false })
  const replica = await world.run()
  await round(replica, START - 10 * MINUTE - 1)
  expect(people()).toEqual([])
  for (const before of [10, 9, 5]) await round(replica, START - before * MINUTE)
  await vi.waitFor(() => expect(world.pushes).toHaveLength(1))
  expect(people()).toEqual(['ann', 'bob', 'eve'])
  expect(world.reminded[0]).toMatchObject({ groupId, scheduleId: SCHEDULE, title: 'Chess', startsAt: START })
  expect(world.pushes[0]?.note).toMatchObject({ kind: 'reminder', title: 'Chess', groupName: 'Chess', startsAt: START })
  expect(letters()).toEqual([['eve', LetterKind.CALL_REMINDER]])
})

test('replicas that begin anew, and such as run beside each other, remind nobody twice', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await schedule(groupId)
  const [one, two] = [await world.run(), await world.run()]
  await Promise.all([one, two].map((replica) => round(replica, START - 8 * MINUTE)))
  await vi.waitFor(() => expect(people()).toEqual(['ann', 'bob']))
  await round(await world.run(), START - 7 * MINUTE)
  await round(one, START - 6 * MINUTE)
  await round(two, START - 5 * MINUTE)
  expect(people()).toEqual(['ann', 'bob'])
  expect(letters()).toHaveLength(2)
})

test('a view that is behind reminds of nothing that another replica has reminded of', async () => {
  const groupId = await world.group(['ann'])
  await schedule(groupId)
  const behind = await world.run()
  await round(behind, START - 11 * MINUTE)
  // As it was before the other one had written anything.
  vi.spyOn(behind.reminderStore, 'reminded').mockReturnValue({ state: [], lastSeq: 0 })
  await round(await world.run(), START - 10 * MINUTE)
  expect(people()).toEqual(['ann'])
  vi.spyOn(world.memory, 'claim').mockResolvedValue({ first: true, leftMs: 0 })
  await behind.reminders.round(START - 9 * MINUTE)
  expect(people()).toEqual(['ann'])
})

test('a round that fails in between is made up for, with the same letter', async () => {
  const groupId = await world.group(['bob'])
  await schedule(groupId)
  const replica = await world.run()
  vi.spyOn(world.memory, 'claim').mockResolvedValue({ first: true, leftMs: 0 })
  const append = vi.spyOn(world.store, 'append').mockRejectedValue(new Error('the log does not answer'))
  await expect(round(replica, START - 10 * MINUTE)).rejects.toThrow()
  append.mockRestore()
  await round(replica, START - 9 * MINUTE)
  await round(replica, START - 8 * MINUTE)
  expect(letters()).toEqual([['bob', LetterKind.CALL_REMINDER]])
  expect(people()).toEqual(['bob'])
})

test('while the queue takes no letter, pages are told once, and so of the next call; the letter follows', async () => {
  const groupId = await world.group(['bob'])
  await schedule(groupId)
  const other = { scheduleId: newId(), terms: terms({ title: 'Go', startsAt: '2027-03-29T10:01' }) }
  await world.schedule(groupId, { case: 'callScheduled', value: create(CallScheduledSchema, other) })
  const replica = await world.run()
  vi.spyOn(world.memory, 'claim').mockResolvedValue({ first: true, leftMs: 0 })
  const write = vi.spyOn(replica.reminderLetters, 'write').mockRejectedValue(new Error('the queue is full'))
  for (const before of [9, 8, 7]) await expect(round(replica, START - before * MINUTE)).rejects.toThrow()
  expect(world.reminded.map(({ title }) => title)).toEqual(['Chess', 'Go'])
  write.mockRestore()
  for (const before of [6, 5]) await round(replica, START - before * MINUTE)
  expect(world.reminded).toHaveLength(2)
  expect(letters()).toHaveLength(2)
})

test('each person says how long before, or never', async () => {
  const groupId = await world.group(['ann', 'bob', 'eve', 'off'])
  await schedule(groupId)
  await choose('ann', CallReminder.HOUR)
  await choose('bob', CallReminder.FIVE_MINUTES)
  await choose('off', CallReminder.OFF)
  const replica = await world.run()
  const at = async (before: number) => {
    await round(replica, START - before * MINUTE)
    await new Promise((resolve) => setTimeout(resolve, 0))
    return people()
  }
  vi.spyOn(world.memory, 'claim').mockResolvedValue({ first: true, leftMs: 0 })
  expect(await at(60)).toEqual(['ann'])
  expect(await at(10)).toEqual(['ann', 'eve'])
  expect(await at(5)).toEqual(['ann', 'bob', 'eve'])
  expect(await at(1)).toEqual(['ann', 'bob', 'eve'])
})

test.each<[string, (groupId: string) => unknown]>([
  ['has declined', (groupId) => answer(groupId, Attendance.NO)],
  ['does not want to be disturbed', () => world.attention.set('bob', { active: false, doNotDisturb: true })],
  ['has blocked whoever has scheduled it', () => block()],
  ['has left', (groupId) => world.leave(groupId, 'bob')],
  ['has quiet hours', () => choose('bob', CallReminder.UNSPECIFIED, { quietHours: create(QuietHoursSchema, ALL_DAY) })],
])('whoever %s is not reminded', async (_, happens) => {
  const groupId = await world.group(['ann', 'bob'])
  await schedule(groupId)
  await answer(groupId, Attendance.YES)
  await happens(groupId)
  await round(await world.run(), START - 10 * MINUTE)
  expect(people()).toEqual(['ann'])
})
const ALL_DAY = { enabled: true, fromMinute: 0, toMinute: 0, timeZone: 'UTC' }
const answer = (groupId: string, attendance: Attendance) =>
  world.schedule(groupId, {
    case: 'attendanceAnswered',
    value: create(AttendanceAnsweredSchema, { scheduleId: SCHEDULE, userId: 'bob', attendance }),
  })
const block = () =>
  world.append(PEOPLE_STREAM, blockSubject('bob', 'ann'), {
    case: 'blockChanged',
    value: create(BlockChangedSchema, { blocked: true }),
  })

test('a call that is moved is reminded of at its new time, one that is called off not at all', async () => {
  const groupId = await world.group(['ann'])
  const recurrence = { frequency: Frequency.DAILY, interval: 1, count: 3 }
  await schedule(groupId, { startsAt: '2027-03-27T10:00', recurrence })
  const change = (occurrence: string, more: MessageInitShape<typeof OccurrenceChangedSchema>) =>
    world.schedule(groupId, {
      case: 'occurrenceChanged',
      value: create(OccurrenceChangedSchema, { scheduleId: SCHEDULE, occurrence, ...more }),
    })
  await change('2027-03-28T10:00', { cancelled: true })
  await change('2027-03-29T10:00', { startsAt: '2027-03-29T12:30' })
  const replica = await world.run()
  vi.spyOn(world.memory, 'claim').mockResolvedValue({ first: true, leftMs: 0 })
  const starts = () => world.reminded.map(({ startsAt }) => new Date(startsAt).toISOString())
  // By the wall clock: an hour earlier in UTC once the clocks were put forward.
  for (const hours of [-47, -24, 0, 2.5]) await round(replica, START + hours * 60 * MINUTE - 10 * MINUTE)
  expect(starts()).toEqual(['2027-03-27T09:00:00.000Z', '2027-03-29T10:30:00.000Z'])
  await world.schedule(groupId, {
    case: 'callRescheduled',
    value: create(CallRescheduledSchema, { scheduleId: SCHEDULE, terms: terms({ startsAt: '2027-03-30T10:00' }) }),
  })
  await world.schedule(groupId, {
    case: 'callUnscheduled',
    value: create(CallUnscheduledSchema, { scheduleId: SCHEDULE }),
  })
  await round(replica, START + 24 * 60 * MINUTE - 10 * MINUTE)
  expect(starts()).toHaveLength(2)
})

test('nobody is reminded of a call in a group that was deleted', async () => {
  const groupId = await world.group(['ann'])
  await schedule(groupId)
  const value = create(GroupDeletedSchema)
  await world.append(historyStream(0), historySubject(0, groupId, 'group'), { case: 'groupDeleted', value })
  await round(await world.run(), START - MINUTE)
  expect(people()).toEqual([])
})

test('of a group that was deleted it is not kept of which calls people were reminded, but of one elsewhere it is', async () => {
  const [groupId, elsewhere] = [await world.group(['ann']), await world.group(['bob'])]
  const replica = await world.run()
  for (const id of [groupId, elsewhere]) {
    await schedule(id)
    await round(replica, START - MINUTE)
  }
  const value = create(GroupDeletedSchema)
  await world.append(historyStream(0), historySubject(0, groupId, 'group'), { case: 'groupDeleted', value })
  const kept = (id: string) => replica.reminderStore.reminded(id).state.length
  const other = await world.run({ partitions: [] })
  await vi.waitFor(() => expect(other.reminderStore.remindedInVain()).toHaveLength(2))
  await other.reminders.forget(START)
  await round(replica, START)
  expect([kept(groupId), kept(elsewhere)]).toEqual([1, 1])
  await replica.reminders.forget(START)
  await vi.waitFor(() => expect([kept(groupId), kept(elsewhere)]).toEqual([0, 1]))
  expect(replica.reminderStore.remindedInVain()).toEqual([])
})

test('a letter is written only as long as there is something to remind of, and names the call only where letters name things', async () => {
  const groupId = await world.group(['ann'])
  await schedule(groupId)
  const [plain, naming] = [await world.run(), await world.run({ mailNames: true })]
  for (const replica of [plain, naming]) await round(replica, START - 90 * MINUTE)
  const call = { groupId, scheduleId: SCHEDULE, startsAt: START }
  const soon = START - MINUTE
  expect(plain.reminderLetters.describe('ann', call, soon)).toEqual({ title: '' })
  expect(naming.reminderLetters.describe('ann', call, soon)).toEqual({ title: 'Chess' })
  expect(naming.reminderLetters.describe('ann', call, START)).toBeUndefined()
  expect(naming.reminderLetters.describe('ann', { ...call, startsAt: START + MINUTE }, soon)).toBeUndefined()
  expect(naming.reminderLetters.describe('bob', call, soon)).toBeUndefined()
  await naming.commands.setMail(MailChoice.OFF, undefined, caller('ann'))
  expect(naming.reminderLetters.describe('ann', call, soon)).toBeUndefined()
})
