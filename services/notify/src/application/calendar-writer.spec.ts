import { newId } from '@beseda/kernel'
import {
  blockSubject,
  goneSubject,
  historyStream,
  historySubject,
  NOTIFY_STREAM,
  notifyCalendarSubject,
  PEOPLE_STREAM,
} from '@beseda/proto'
import {
  CallRescheduledSchema,
  CallScheduledSchema,
  CallTermsSchema,
  CallUnscheduledSchema,
  Frequency,
  OccurrenceChangedSchema,
} from '@beseda/proto/call/v1/events'
import { GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { BlockChangedSchema, PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type NotifyWorld, notifyWorld } from '../../../testing/notifications.js'

const START = Date.UTC(2027, 2, 29, 8)
const NOW = START - 86_400_000
const SCHEDULE = '01900000-0000-7000-8000-00000000abcd'
const CALENDAR = 'https://calendar.example/ann/'
const SIGN_IN = { userName: 'ann', password: 'an app password' }

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
const schedule = (groupId: string, fields?: MessageInitShape<typeof CallTermsSchema>, scheduleId = SCHEDULE) =>
  world.schedule(groupId, {
    case: 'callScheduled',
    value: create(CallScheduledSchema, { scheduleId, terms: terms(fields) }),
  })
const reschedule = (groupId: string, title: string) =>
  world.schedule(groupId, {
    case: 'callRescheduled',
    value: create(CallRescheduledSchema, { scheduleId: SCHEDULE, terms: terms({ title }) }),
  })
const leaveOut = (groupId: string, occurrence: string) =>
  world.schedule(groupId, {
    case: 'occurrenceChanged',
    value: create(OccurrenceChangedSchema, { scheduleId: SCHEDULE, occurrence, cancelled: true }),
  })
const callOff = (groupId: string) =>
  world.schedule(groupId, { case: 'callUnscheduled', value: create(CallUnscheduledSchema, { scheduleId: SCHEDULE }) })

const callerOf = (userId: string) => ({
  ...{ userId, commandId: newId(), now: new Date(NOW), traceparent: undefined, signal: AbortSignal.timeout(5_000) },
})
const connect = (replica: Replica, userId: string, titles = true, url = CALENDAR) =>
  replica.connections.connect({ url, titles, origin: 'https://chat.example.org' }, SIGN_IN, callerOf(userId))
async function caughtUp(replica: Replica): Promise<void> {
  for (const stream of [historyStream(0), PEOPLE_STREAM, NOTIFY_STREAM]) {
    const { lastSeq } = await world.store.info(stream)
    await replica.projection.waitFor(stream, lastSeq, AbortSignal.timeout(5_000))
  }
}
/** A round of a replica whose view has all of the log. */
async function round(replica: Replica, now = NOW): Promise<void> {
  await caughtUp(replica)
  await replica.calendars.round(now)
  await caughtUp(replica)
}
const titles = () => [...world.house.events.values()].map((text) => /SUMMARY:(.*)\r/.exec(text)?.[1])

test('calls are written, changed and removed with the call, each once', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await schedule(groupId)
  const replica = await world.run()
  await caughtUp(replica)
  await connect(replica, 'ann')
  await round(replica)
  await round(replica)
  expect(titles()).toEqual(['Chess'])
  const text = [...world.house.events.values()].join('').replaceAll('\r\n ', '')
  expect(text).toContain(`URL:https://chat.example.org/g/${groupId}/call/${SCHEDULE}`)
  // A calendar keeps objects that are about no method.
  expect(text).not.toContain('METHOD')
  await reschedule(groupId, 'Go')
  await round(replica)
  await round(await world.run())
  expect([titles(), world.house.written.length]).toEqual([['Go'], 2])
  await callOff(groupId)
  await round(replica)
  expect([titles(), replica.calendarStore.of('ann').state.entries]).toEqual([[], []])
})

test('whoever leaves the group has its calls taken out, and gets them again when they come back', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await schedule(groupId)
  const replica = await world.run()
  await connect(replica, 'bob')
  await round(replica)
  await world.leave(groupId, 'bob')
  await round(replica)
  expect(titles()).toEqual([])
  await world.join(groupId, 'bob')
  await round(replica)
  expect(titles()).toEqual(['Chess'])
})

const archive = (groupId: string, archived: boolean) =>
  world.append(historyStream(0), historySubject(0, groupId, 'group'), {
    case: 'groupUpdated',
    value: create(GroupUpdatedSchema, { archived }),
  })
const block = (blocked: boolean) =>
  world.append(PEOPLE_STREAM, blockSubject('bob', 'ann'), {
    case: 'blockChanged',
    value: create(BlockChangedSchema, { blocked }),
  })

test.each([
  ['of a group that is archived', archive],
  ['of somebody whom one has blocked', (_: string, blocked: boolean) => block(blocked)],
])('a call %s is in no calendar as long as that is so', async (_, set) => {
  const groupId = await world.group(['ann', 'bob'])
  await schedule(groupId)
  const replica = await world.run()
  await connect(replica, 'bob')
  await set(groupId, true)
  await round(replica)
  expect(titles()).toEqual([])
  await set(groupId, false)
  await round(replica)
  expect(titles()).toEqual(['Chess'])
  await set(groupId, true)
  await round(replica)
  expect(titles()).toEqual([])
})

test('two people may write into one calendar, and titles are there only for whoever wants them', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await schedule(groupId)
  const replica = await world.run()
  await connect(replica, 'ann', false)
  await connect(replica, 'bob')
  await round(replica)
  expect(new Set(titles())).toEqual(new Set(['Beseda', 'Chess']))
  await connect(replica, 'ann', true)
  await round(replica)
  expect(titles()).toEqual(['Chess', 'Chess'])
})

test('of a series of which only the past is left, the past stays', async () => {
  const groupId = await world.group(['ann'])
  const recurrence = { frequency: Frequency.WEEKLY, interval: 1, count: 2, weekdays: [1] }
  await schedule(groupId, { startsAt: '2027-03-22T10:00', recurrence })
  const replica = await world.run()
  await connect(replica, 'ann')
  await round(replica)
  await leaveOut(groupId, '2027-03-29T10:00')
  await round(replica)
  await round(replica)
  const [text] = world.house.events.values()
  expect(text).toContain('EXDATE;TZID=Europe/Berlin:20270329T100000')
  expect(world.house.written).toHaveLength(2)
})

test('a process that ends between writing and marking is made up for, with the same event', async () => {
  const groupId = await world.group(['ann'])
  await schedule(groupId)
  const replica = await world.run()
  await connect(replica, 'ann')
  await caughtUp(replica)
  const append = vi.spyOn(world.store, 'append').mockRejectedValue(new Error('ended'))
  await expect(replica.calendars.round(NOW)).rejects.toThrow('calendar of ann')
  append.mockRestore()
  await round(await world.run())
  expect([titles(), world.house.written.length]).toEqual([['Chess'], 2])
})

test('what another replica has done is not done again, however far this view is behind', async () => {
  const groupId = await world.group(['ann'])
  await schedule(groupId)
  const [one, other] = [await world.run(), await world.run()]
  await connect(one, 'ann')
  await Promise.all([caughtUp(one), caughtUp(other)])
  const lagging = vi.spyOn(other.calendarStore, 'of').mockReturnValue(other.calendarStore.of('ann'))
  await round(one)
  await other.calendars.round(NOW)
  expect(world.house.written).toHaveLength(1)
  lagging.mockRestore()
})

test('a replica takes out no call of a group that it has never heard of', async () => {
  const groupId = await world.group(['ann'])
  await schedule(groupId)
  const replica = await world.run()
  await connect(replica, 'ann')
  await round(replica)
  const elsewhere = await world.run({ partitions: [historyStream(1)] })
  for (const stream of [PEOPLE_STREAM, NOTIFY_STREAM]) {
    const { lastSeq } = await world.store.info(stream)
    await elsewhere.projection.waitFor(stream, lastSeq, AbortSignal.timeout(5_000))
  }
  await elsewhere.calendars.round(NOW)
  expect(titles()).toEqual(['Chess'])
})

test('a server that fails is tried again after a growing wait, and what went wrong is told', async () => {
  const groupId = await world.group(['ann'])
  const replica = await world.run()
  await connect(replica, 'ann')
  await schedule(groupId)
  world.house.set({ failure: CalendarFailure.UNREACHABLE })
  await round(replica)
  const failure = { reason: CalendarFailure.UNREACHABLE, attempts: 1, retryAt: NOW + 60_000 }
  expect(replica.calendarStore.of('ann').state.failure).toEqual(failure)
  world.house.set({ failure: CalendarFailure.UNSPECIFIED })
  await round(replica, NOW + 59_999)
  expect(titles()).toEqual([])
  await round(replica, NOW + 60_000)
  expect([titles(), replica.calendarStore.of('ann').state.failure]).toEqual([['Chess'], undefined])
})

const LATER = '01900000-0000-7000-8000-00000000beef'
const OF_ONE_EVENT = ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'BAD_ANSWER'] as const

test.each(OF_ONE_EVENT)(
  'one event that is refused keeps no other out, however often it is tried (%s)',
  async (reason) => {
    const groupId = await world.group(['ann'])
    const replica = await world.run()
    await connect(replica, 'ann')
    world.house.set({ broken: 'Poison', brokenAs: CalendarFailure[reason] })
    // It is the first of all.
    await schedule(groupId, { title: 'Poison' })
    let now = NOW
    for (let i = 0; i < 8; i++) {
      await round(replica, now)
      const again = replica.calendarStore.of('ann').state.refused[0]?.failure.retryAt
      const peopleAt = (at: number) => replica.calendarStore.page('', at, 10)
      expect([peopleAt(now + 1), peopleAt(again ?? now + 1)]).toEqual([[], again === undefined ? [] : ['ann']])
      now = again ?? now + 1
    }
    expect(world.house.tried).toHaveLength(['FORBIDDEN', 'NOT_FOUND'].includes(reason) ? 5 : 8)
    await schedule(groupId, { startsAt: '2027-03-30T10:00' }, LATER)
    await round(replica, NOW + 1)
    expect([titles(), replica.calendarStore.of('ann').state.failure]).toEqual([['Chess'], undefined])
    // What is wrong with it is over when it is another call.
    await reschedule(groupId, 'Go')
    await round(replica, NOW + 1)
    expect([new Set(titles()), replica.calendarStore.of('ann').state.refused]).toEqual([new Set(['Chess', 'Go']), []])
  },
)

test('what nobody expects is told once it is noted what was done, and waits as a failure does', async () => {
  const groupId = await world.group(['ann'])
  const replica = await world.run()
  await connect(replica, 'ann')
  await schedule(groupId)
  await schedule(groupId, { startsAt: '2027-03-30T10:00', title: 'Poison' }, LATER)
  vi.spyOn(world.house.servers, 'write').mockImplementation(async (place, text) => {
    if (text.includes('Poison')) throw new TypeError('no such status')
    world.house.events.set(place.uid, text)
  })
  await caughtUp(replica)
  await expect(replica.calendars.round(NOW)).rejects.toThrow('calendar of ann')
  await round(replica)
  const { entries, refused } = replica.calendarStore.of('ann').state
  expect(entries.map(({ scheduleId }) => scheduleId)).toEqual([SCHEDULE])
  const failure = { reason: CalendarFailure.BAD_ANSWER, attempts: 1, retryAt: NOW + 60_000 }
  expect(refused).toMatchObject([{ scheduleId: LATER, failure }])
})

test('one event that the server does not let go keeps none that was called off in the calendar', async () => {
  const groupId = await world.group(['ann'])
  const replica = await world.run()
  await connect(replica, 'ann')
  await schedule(groupId, { title: 'Poison' })
  await schedule(groupId, { startsAt: '2027-03-30T10:00' }, LATER)
  await round(replica)
  world.house.set({ broken: 'Poison' })
  await callOff(groupId)
  for (let i = 0; i < 3; i++) await round(replica, NOW + i)
  expect(world.house.tried).toHaveLength(3)
  await world.leave(groupId, 'ann')
  await round(replica)
  expect(titles()).toEqual(['Poison'])
  await replica.connections.disconnect(true, callerOf('ann'))
  await round(replica)
  expect(replica.calendarStore.of('ann').state.ending).toBe(true)
  const people = [NOW, NOW + 60_000].map((at) => replica.calendarStore.page('', at, 10))
  expect(people).toEqual([[], ['ann']])
  const { seq } = (await world.store.last(NOTIFY_STREAM, notifyCalendarSubject('ann')))!
  await round(replica)
  expect((await world.store.last(NOTIFY_STREAM, notifyCalendarSubject('ann')))?.seq).toBe(seq)
  world.house.set({ broken: '' })
  await round(replica, NOW + 60_000)
  expect([titles(), replica.calendarStore.of('ann').state.connection]).toEqual([[], undefined])
})

test.each(OF_ONE_EVENT)('where the calendar itself is not there, nothing else is tried (%s)', async (reason) => {
  const failure = CalendarFailure[reason]
  const groupId = await world.group(['ann'])
  const replica = await world.run()
  await connect(replica, 'ann')
  await schedule(groupId)
  await schedule(groupId, { startsAt: '2027-03-30T10:00' }, LATER)
  world.house.set({ failure })
  await round(replica)
  const { state } = replica.calendarStore.of('ann')
  expect([world.house.tried.length, state.failure?.reason, state.refused]).toEqual([1, failure, []])
})

test('nothing is connected that the server refuses, and no password is in the log', async () => {
  const replica = await world.run()
  world.house.set({ failure: CalendarFailure.CREDENTIALS })
  expect(await connect(replica, 'ann')).toBe(CalendarFailure.CREDENTIALS)
  expect(await replica.connections.find(CALENDAR, SIGN_IN)).toEqual({ failure: CalendarFailure.CREDENTIALS })
  expect(replica.calendarStore.of('ann').state.connection).toBeUndefined()
  world.house.set({ failure: CalendarFailure.UNSPECIFIED })
  expect(await connect(replica, 'ann')).toBeUndefined()
  const newest = await world.store.last(NOTIFY_STREAM, notifyCalendarSubject('ann'))
  const bytes = Buffer.from(toBinary(CommitSchema, newest!.commit))
  expect([bytes.includes(SIGN_IN.userName), bytes.includes(SIGN_IN.password)]).toEqual([true, false])
})

test('whoever disconnects has the calls taken out if they want, or left', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await schedule(groupId)
  const replica = await world.run()
  for (const userId of ['ann', 'bob']) await connect(replica, userId)
  await round(replica)
  await replica.connections.disconnect(false, callerOf('ann'))
  await replica.connections.disconnect(true, callerOf('bob'))
  expect(replica.calendarStore.of('bob').state.ending).toBe(true)
  await round(replica)
  expect([titles(), replica.calendarStore.of('bob').state.connection]).toEqual([['Chess'], undefined])
  await round(replica)
  expect(titles()).toEqual(['Chess'])
})

test('whoever connects again while calls are being taken out has them there in the end', async () => {
  const groupId = await world.group(['ann'])
  await schedule(groupId)
  const replica = await world.run()
  await connect(replica, 'ann')
  await round(replica)
  await replica.connections.disconnect(true, callerOf('ann'))
  world.house.hold.until = () => connect(replica, 'ann')
  await round(replica)
  expect(titles()).toEqual([])
  await round(replica)
  expect([titles(), replica.calendarStore.of('ann').state.entries.length]).toEqual([['Chess'], 1])
})

test('nor is one missing that a replica has taken out which ended before it could say so', async () => {
  const groupId = await world.group(['ann'])
  await schedule(groupId)
  const replica = await world.run()
  await connect(replica, 'ann')
  await round(replica)
  await replica.connections.disconnect(true, callerOf('ann'))
  world.house.events.clear()
  await connect(replica, 'ann')
  await round(replica)
  expect(titles()).toEqual(['Chess'])
})

test('nothing is taken out of the calendar of somebody whose account was deleted, before it is forgotten', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await schedule(groupId)
  const replica = await world.run()
  await connect(replica, 'bob')
  await round(replica)
  await world.leave(groupId, 'bob')
  const value = create(PersonGoneSchema)
  await world.append(PEOPLE_STREAM, goneSubject('bob'), { case: 'personGone', value })
  await round(replica)
  expect(titles()).toEqual(['Chess'])
  // Nor by one whose view did not know of it yet.
  vi.spyOn(replica.calendarStore, 'page').mockReturnValue(['bob'])
  await round(replica)
  expect(titles()).toEqual(['Chess'])
})

test('nothing is written for an account that is shut out, and nothing is kept of one that was deleted', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await schedule(groupId)
  const replica = await world.run()
  for (const userId of ['ann', 'bob']) await connect(replica, userId)
  world.disabled.add('ann')
  await round(replica)
  expect(world.house.written).toHaveLength(1)
  const value = create(PersonGoneSchema)
  await world.append(PEOPLE_STREAM, goneSubject('bob'), { case: 'personGone', value })
  await caughtUp(replica)
  expect(replica.audience.departedWithTraces()).toEqual(['bob'])
  await replica.calendars.forget('bob')
  await caughtUp(replica)
  expect([replica.audience.departedWithTraces(), replica.calendarStore.of('bob').state.connection]).toEqual([
    [],
    undefined,
  ])
})
