import {
  goneSubject,
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
import { GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { LetterKind } from '@beseda/proto/mail/v1/letter'
import { MailChoice, NotificationSettingsChangedSchema } from '@beseda/proto/notify/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type NotifyWorld, notifyWorld } from '../../../testing/notifications.js'

const START = Date.UTC(2027, 2, 29, 8)
const NOW = START - 86_400_000
const SCHEDULE = '01900000-0000-7000-8000-00000000abcd'

let world: NotifyWorld
beforeEach(async () => {
  world = await notifyWorld()
  // Leases have a test of their own.
  vi.spyOn(world.memory, 'claim').mockResolvedValue({ first: true, leftMs: 0 })
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
const reschedule = (groupId: string, startsAt: string) =>
  world.schedule(groupId, {
    case: 'callRescheduled',
    value: create(CallRescheduledSchema, { scheduleId: SCHEDULE, terms: terms({ startsAt }) }),
  })
const leaveOut = (groupId: string, occurrence: string) =>
  world.schedule(groupId, {
    case: 'occurrenceChanged',
    value: create(OccurrenceChangedSchema, { scheduleId: SCHEDULE, occurrence, cancelled: true }),
  })
const answerNo = (groupId: string, userId: string) =>
  world.schedule(groupId, {
    case: 'attendanceAnswered',
    value: create(AttendanceAnsweredSchema, { scheduleId: SCHEDULE, userId, attendance: Attendance.NO }),
  })
const callOff = (groupId: string) =>
  world.schedule(groupId, {
    case: 'callUnscheduled',
    value: create(CallUnscheduledSchema, { scheduleId: SCHEDULE }),
  })
const want = (userId: string, callInvitations = true, mail = MailChoice.UNSPECIFIED, more = {}) =>
  world.append(NOTIFY_STREAM, notifySettingsSubject(userId), {
    case: 'notificationSettingsChanged',
    value: create(NotificationSettingsChangedSchema, { callInvitations, mail, ...more }),
  })
const { CALL_INVITATION: INVITED, CALL_CANCELLATION: CALLED_OFF } = LetterKind
const letters = () =>
  [...world.queued.values()].map(({ kind, userId, invitation }) => [userId, kind, invitation?.letterSequence])

async function caughtUp(replica: Replica): Promise<void> {
  for (const stream of [historyStream(0), PEOPLE_STREAM, NOTIFY_STREAM]) {
    const { lastSeq } = await world.store.info(stream)
    await replica.projection.waitFor(stream, lastSeq, AbortSignal.timeout(5_000))
  }
}
/** What the newest letter says when it is sent. */
function describeLast(replica: Replica) {
  const { userId, kind, invitation } = [...world.queued.values()].at(-1)!
  return replica.invitationLetters.describe(userId, invitation!, kind === CALLED_OFF, NOW)
}
/** A round of a replica whose view has all of the log. */
async function round(replica: Replica, now = NOW): Promise<void> {
  await caughtUp(replica)
  await replica.invitations.round(now)
}

test('who wants it is written to once of each call, of each change, and when it is called off', async () => {
  const groupId = await world.group(['ann', 'bob', 'eve'])
  await want('bob')
  await schedule(groupId)
  const replica = await world.run()
  await round(replica)
  await round(replica)
  expect(letters()).toEqual([['bob', INVITED, 0]])
  await reschedule(groupId, '2027-03-29T11:00')
  await round(replica)
  await round(await world.run())
  expect(letters().slice(1)).toEqual([['bob', INVITED, 1]])
  await callOff(groupId)
  await round(replica)
  await round(await world.run())
  expect(letters().slice(2)).toEqual([['bob', CALLED_OFF, 2]])
})

test('whoever leaves the group is told that the call is not theirs, and invited again when they come back', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await want('bob')
  await schedule(groupId)
  const replica = await world.run()
  await round(replica)
  await world.leave(groupId, 'bob')
  await round(replica)
  await round(replica)
  expect(letters()).toEqual([
    ['bob', INVITED, 0],
    ['bob', CALLED_OFF, 1],
  ])
  await world.join(groupId, 'bob')
  await round(replica)
  expect(letters().at(-1)).toEqual(['bob', INVITED, 2])
})

test('a call of which all times are left out is called off, and one that is over is not told', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  const recurrence = { frequency: Frequency.DAILY, interval: 1, count: 1 }
  await schedule(groupId, { recurrence })
  const replica = await world.run()
  await round(replica, START + 30 * 60_000)
  expect(letters()).toEqual([])
  await round(replica, START + 30 * 60_000 - 1)
  expect(letters()).toEqual([['bob', INVITED, 0]])
  await leaveOut(groupId, '2027-03-29T10:00')
  await round(replica)
  expect(letters().at(-1)).toEqual(['bob', CALLED_OFF, 1])
  expect(await describeLast(replica)).toEqual({ terms: undefined, changes: [] })
})

test.each([
  ['of a week ago', Frequency.WEEKLY, '2027-03-22T10:00', '2027-03-29T10:00'],
  ['of this day', Frequency.DAILY, '2027-03-27T20:00', '2027-03-28T20:00'],
])('who only has a call %s left is told, and it stays in their calendar', async (_, frequency, past, next) => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId, { startsAt: past, recurrence: { frequency, interval: 1, count: 2 } })
  const replica = await world.run()
  await round(replica)
  await leaveOut(groupId, next)
  await round(replica)
  await round(await world.run())
  expect(letters()).toEqual([
    ['bob', INVITED, 0],
    ['bob', CALLED_OFF, 1],
  ])
  const left = await describeLast(replica)
  expect(left?.terms).toMatchObject({ startsAt: past })
  expect(left?.changes).toMatchObject([{ occurrence: next, cancelled: true }])
  await leaveOut(groupId, past)
  expect(await describeLast(replica)).toEqual({ terms: undefined, changes: [] })
})

test('a letter says when the first call is that is not over', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId, {
    startsAt: '2027-03-22T10:00',
    recurrence: { frequency: Frequency.WEEKLY, interval: 1, count: 2 },
  })
  await round(await world.run())
  const [letter] = world.queued.values()
  expect(letter?.invitation?.startsAt).toEqual(timestampFromMs(START))
})

test('a replica whose view is behind calls nothing off that stands', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId)
  const replica = await world.run()
  await round(replica)
  // As it was before the call was in it, until it has caught up.
  const behind = vi.spyOn(replica.invitationStore, 'ahead').mockReturnValue([])
  const { catchUp } = replica.history
  vi.spyOn(replica.history, 'catchUp').mockImplementation(async (...of) => {
    await catchUp.apply(replica.history, of)
    behind.mockRestore()
  })
  vi.spyOn(replica.invitationStore, 'page').mockReturnValueOnce(['bob'])
  await replica.invitations.round(NOW)
  expect(letters()).toEqual([['bob', INVITED, 0]])
})

test('who has declined a call is told only that it is called off, and others are not asked of them', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await want('ann')
  await want('bob')
  await schedule(groupId)
  await answerNo(groupId, 'ann')
  const asked = vi.spyOn(world.correspondents, 'reachable')
  const replica = await world.run()
  await round(replica)
  expect(letters()).toEqual([['bob', INVITED, 0]])
  await answerNo(groupId, 'bob')
  await world.schedule(groupId, {
    case: 'callRescheduled',
    value: create(CallRescheduledSchema, { scheduleId: SCHEDULE, terms: terms({ title: 'Go' }) }),
  })
  await round(replica)
  expect(letters()).toHaveLength(1)
  await callOff(groupId)
  await round(replica)
  expect(letters().slice(1)).toEqual([['bob', CALLED_OFF, 1]])
  expect(asked.mock.calls).toEqual([[['bob']], [['bob']]])
})

test('nobody is invited to calls of an archived group', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId)
  await world.append(historyStream(0), historySubject(0, groupId, 'group'), {
    case: 'groupUpdated',
    value: create(GroupUpdatedSchema, { archived: true }),
  })
  await round(await world.run())
  expect(letters()).toEqual([])
})

test('many calls are told by and by, twenty in a round', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  for (let nth = 10; nth < 35; nth += 1) {
    const value = create(CallScheduledSchema, { scheduleId: SCHEDULE.replace(/..$/, String(nth)), terms: terms() })
    await world.schedule(groupId, { case: 'callScheduled', value })
  }
  const replica = await world.run()
  await round(replica)
  expect(letters()).toHaveLength(20)
  await round(replica)
  expect(letters()).toHaveLength(25)
})

test('one person who always fails keeps nobody from being written to, on however late a page', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await want('ann')
  await want('bob')
  await schedule(groupId)
  const replica = await world.run()
  await caughtUp(replica)
  const first = ['ann', ...Array.from({ length: 499 }, (_, nth) => `ann ${nth}`)]
  vi.spyOn(replica.invitationStore, 'page').mockReturnValueOnce(first).mockReturnValueOnce(['bob'])
  const { write } = replica.invitationLetters
  vi.spyOn(replica.invitationLetters, 'write').mockImplementation(async (userId, ...more) => {
    if (userId === 'ann') throw new Error('no letter')
    await write.call(replica.invitationLetters, userId, ...more)
  })
  await expect(replica.invitations.round(NOW)).rejects.toThrow('failed: person ann')
  expect(letters()).toEqual([['bob', INVITED, 0]])
})

test('nobody is written to who has ended all letters; whoever has no address, or is shut out, learns only what is called off', async () => {
  const groupId = await world.group(['ann', 'bob', 'eve'])
  await want('ann', true, MailChoice.OFF)
  await want('bob')
  await want('eve')
  world.unreachable.add('bob')
  await schedule(groupId)
  const replica = await world.run()
  await round(replica)
  expect(letters()).toEqual([['eve', INVITED, 0]])
  world.unreachable.add('eve')
  await reschedule(groupId, '2027-03-29T11:00')
  await round(replica)
  expect(letters()).toHaveLength(1)
  await callOff(groupId)
  await round(replica)
  expect(letters().slice(1)).toEqual([['eve', CALLED_OFF, 1]])
})

test('two replicas at once, and one that has not seen what the other has done, write one letter', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId)
  const [one, behind] = [await world.run(), await world.run()]
  await caughtUp(behind)
  const before = behind.invitationStore.of('bob')
  await Promise.all([round(one), round(behind)])
  expect(letters()).toEqual([['bob', INVITED, 0]])
  // As it was before the other one had written anything, and the queue has forgotten the letter.
  world.queued.clear()
  vi.spyOn(behind.invitationStore, 'of').mockReturnValue(before)
  vi.spyOn(behind.invitationStore, 'page').mockReturnValueOnce(['bob'])
  await behind.invitations.round(NOW)
  expect(letters()).toEqual([])
})

test('a round that ends between letter and mark is made up for, with the same letter', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId)
  const replica = await world.run()
  await caughtUp(replica)
  const append = vi.spyOn(world.store, 'append').mockRejectedValue(new Error('the log does not answer'))
  await expect(replica.invitations.round(NOW)).rejects.toThrow()
  append.mockRestore()
  await round(replica)
  await round(replica)
  expect(letters()).toEqual([['bob', INVITED, 0]])
})

test('a replica that serves other partitions calls nothing off', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId)
  await round(await world.run())
  const other = await world.run({ partitions: [] })
  for (const stream of [PEOPLE_STREAM, NOTIFY_STREAM]) {
    await other.projection.waitFor(stream, (await world.store.info(stream)).lastSeq, AbortSignal.timeout(5_000))
  }
  expect(other.invitationStore.page('', NOW, 9)).toEqual(['bob'])
  await other.invitations.round(NOW)
  expect(letters()).toEqual([['bob', INVITED, 0]])
})

test('who has the lease of a person writes to them, and nobody else', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId)
  vi.spyOn(world.memory, 'claim').mockResolvedValue({ first: false, leftMs: 1 })
  await round(await world.run())
  expect(letters()).toEqual([])
})

test('when it is sent it says the call as it is, or nothing, if a newer letter says it', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId)
  const replica = await world.run({ mailNames: true })
  await round(replica)
  const [first] = world.queued.values()
  const describe = (cancelled = false, at = NOW) =>
    replica.invitationLetters.describe('bob', first!.invitation!, cancelled, at)
  expect((await describe())?.terms).toMatchObject({ title: 'Chess', startsAt: '2027-03-29T10:00' })
  expect(
    (await (await world.run()).invitationLetters.describe('bob', first!.invitation!, false, NOW))?.terms?.title,
  ).toBe('')
  // It stands: what called it off was wrong, or is not true any more.
  expect(await describe(true)).toBeUndefined()
  expect(await describe(false, START + 86_400_000)).toBeUndefined()
  await want('bob', false)
  await caughtUp(replica)
  expect([await describe(), await describe(true)]).toEqual([undefined, undefined])
  await want('bob', true, MailChoice.UNSPECIFIED, { hideContent: true })
  await caughtUp(replica)
  expect((await describe())?.terms?.title).toBe('')
  await reschedule(groupId, '2027-03-29T11:00')
  expect(await describe()).toBeUndefined()
  await round(replica)
  await world.leave(groupId, 'bob')
  await round(replica)
  expect(await describeLast(replica)).toEqual({ terms: undefined, changes: [] })
  // An older letter that called it off.
  expect(await describe(true)).toBeUndefined()
})

test('nothing is kept of whom it was written to when their account is deleted', async () => {
  const groupId = await world.group(['bob'])
  await want('bob')
  await schedule(groupId)
  const replica = await world.run()
  await round(replica)
  await world.append(NOTIFY_STREAM, notifySettingsSubject('bob'), {
    case: 'notificationSettingsChanged',
    value: create(NotificationSettingsChangedSchema),
  })
  await world.append(PEOPLE_STREAM, goneSubject('bob'), { case: 'personGone', value: create(PersonGoneSchema) })
  await caughtUp(replica)
  expect(replica.audience.departedWithTraces()).toEqual(['bob'])
  await replica.invitations.forget('bob')
  await caughtUp(replica)
  expect(replica.invitationStore.of('bob').state).toEqual([])
  expect(replica.audience.departedWithTraces()).toEqual([])
})
