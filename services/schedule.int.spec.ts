import { JetStreamEventStore } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import { groupFilter, historyStream } from '@beseda/proto'
import { Attendance, CallTermsSchema, Frequency } from '@beseda/proto/call/v1/events'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Person, peopleOf } from './testing/people.js'

/** Scheduled calls on two replicas of the group service, on real servers with the permissions of production. */
let system: TestSystem
/** The first person administers the installation. */
let admin: Person
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService)
  await system.run(groupService)
  admin = await person()
})
afterAll(() => system?.stop())
const { person, group } = peopleOf(() => system)
const of = ({ id }: Person) => system.client(ScheduleService, { userId: id })
const YEAR = new Date().getUTCFullYear() + 1
const termsOf = (fields: MessageInitShape<typeof CallTermsSchema> = {}) =>
  create(CallTermsSchema, {
    title: 'Планёрка',
    startsAt: `${YEAR}-03-08T10:00`,
    timeZone: 'Europe/Berlin',
    durationMin: 30,
    ...fields,
  })
const daily = { frequency: Frequency.DAILY, interval: 1, count: 3 }

test('a call is scheduled, answered, moved once, rescheduled and called off, and everybody sees it', async () => {
  const [ann, bob] = [await person(), await person()]
  const groupId = await group(ann, [bob])
  const request = { commandId: newId(), groupId, terms: termsOf({ recurrence: daily }) }
  const { scheduleId, seq } = await of(ann).scheduleCall(request)
  const command = () => ({ commandId: newId(), groupId, scheduleId })
  expect(await of(ann).scheduleCall(request)).toMatchObject({ scheduleId, seq })
  await of(bob).answerAttendance({ ...command(), attendance: Attendance.YES })
  const moved = { occurrence: `${YEAR}-03-09T10:00`, startsAt: `${YEAR}-03-11T12:00` }
  const { seq: minSeq } = await of(ann).changeOccurrence({ ...command(), ...moved })
  const [call] = (await of(bob).listSchedule({ groupId, minSeq })).calls
  expect(call).toMatchObject({ id: scheduleId, organizerId: ann.id, sequence: 1 })
  expect(call?.answers).toMatchObject([{ userId: bob.id, attendance: Attendance.YES }])
  const text = (await of(bob).exportSchedule({ groupId, scheduleId, origin: 'https://chat.example.org' })).icalendar
  expect(text).toContain(`RECURRENCE-ID;TZID=Europe/Berlin:${YEAR}0309T100000`)
  expect(text).toContain(`UID:${scheduleId}@beseda`)
  expect((await of(bob).listMySchedule({})).calls).toMatchObject([{ id: scheduleId, groupId }])
  const later = { ...command(), terms: termsOf({ startsAt: `${YEAR}-03-08T11:00` }) }
  const changed = await of(ann).rescheduleCall(later)
  const [again] = (await of(bob).listSchedule({ groupId, minSeq: changed.seq })).calls
  expect(again?.next.map(({ startsAt }) => startsAt && timestampDate(startsAt).toISOString())).toEqual([
    `${YEAR}-03-08T10:00:00.000Z`,
  ])
  expect(again?.answers).toEqual([])
  const gone = await of(ann).unscheduleCall(command())
  expect((await of(bob).listSchedule({ groupId, minSeq: gone.seq })).calls).toEqual([])
  expect((await of(ann).listMySchedule({})).calls).toEqual([])
})

test('who has left sees none of the calls of the group, and their answer does not count', async () => {
  const [ann, bob] = [await person(), await person()]
  const groupId = await group(ann, [bob])
  const { scheduleId } = await of(ann).scheduleCall({ commandId: newId(), groupId, terms: termsOf() })
  await of(bob).answerAttendance({ commandId: newId(), groupId, scheduleId, attendance: Attendance.NO })
  const { seq } = await bob.membership.leaveGroup({ commandId: newId(), groupId })
  expect((await of(bob).listMySchedule({})).calls).toEqual([])
  const [call] = (await of(ann).listSchedule({ groupId, minSeq: seq })).calls
  expect(call?.answers).toEqual([])
  const refused = of(bob).exportSchedule({ groupId, scheduleId, origin: 'https://chat.example.org' })
  expect(await reasonOf(refused)).toBe('NOT_A_MEMBER')
})

test('a command id is for one command: another content under it is refused', async () => {
  const ann = await person()
  const groupId = await group(ann)
  const request = { commandId: newId(), groupId, terms: termsOf() }
  await of(ann).scheduleCall(request)
  const other = of(ann).scheduleCall({ ...request, terms: termsOf({ durationMin: 45 }) })
  expect(await reasonOf(other)).toBe('COMMAND_ID_REUSED')
})

const ORIGIN = 'https://chat.example.org'
/** As the gateway asks, which has no account. */
const read = async (token: string) =>
  (await system.client(ScheduleService, {}).readCalendarFeed({ token, origin: ORIGIN })).icalendar

test('a calendar has the calls of all groups under a link of its own, until the link is replaced or revoked', async () => {
  const [ann, bob] = [await person(), await person()]
  const groups = [await group(ann, [bob]), await group(ann, [bob])]
  for (const groupId of groups) await of(ann).scheduleCall({ commandId: newId(), groupId, terms: termsOf() })
  expect(await of(bob).getCalendarFeed({})).toMatchObject({ offered: false })
  const command = { commandId: newId(), titles: true }
  const { token } = await of(bob).offerCalendarFeed(command)
  expect(await of(bob).offerCalendarFeed(command)).toMatchObject({ token })
  expect(await of(bob).getCalendarFeed({})).toMatchObject({ offered: true, titles: true })
  const text = await read(token)
  expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(2)
  expect(text).toContain('SUMMARY:Планёрка')
  for (const groupId of groups) expect(text.replaceAll('\r\n ', '')).toContain(`URL:${ORIGIN}/g/${groupId}/call/`)

  const second = await of(bob).offerCalendarFeed({ commandId: newId(), titles: false })
  expect(await reasonOf(read(token))).toBe('CALENDAR_NOT_FOUND')
  expect(await read(second.token)).not.toContain('Планёрка')
  await ann.membership.removeMember({ commandId: newId(), groupId: groups[0] ?? '', userId: bob.id })
  expect((await read(second.token)).match(/BEGIN:VEVENT/g)).toHaveLength(1)
  await of(bob).revokeCalendarFeed({ commandId: newId() })
  expect(await reasonOf(read(second.token))).toBe('CALENDAR_NOT_FOUND')
  expect(await reasonOf(read('x'.repeat(22)))).toBe('CALENDAR_NOT_FOUND')
})

test('a command of a calendar that was overtaken by another one is not carried out again', async () => {
  const ann = await person()
  const first = { commandId: newId(), titles: true }
  await of(ann).offerCalendarFeed(first)
  const { token } = await of(ann).offerCalendarFeed({ commandId: newId(), titles: true })
  expect(await reasonOf(of(ann).offerCalendarFeed(first))).toBe('COMMAND_ID_REUSED')
  expect(await read(token)).toContain('VCALENDAR')
  expect(await reasonOf(of(ann).offerCalendarFeed({ ...first, titles: false }))).toBe('COMMAND_ID_REUSED')
})

test('the calendar of a disabled account is that of no link, until the account is enabled', async () => {
  const ann = await person()
  const { token } = await of(ann).offerCalendarFeed({ commandId: newId(), titles: true })
  expect(await read(token)).toContain('VCALENDAR')
  const change = (disabled: boolean) =>
    system
      .client(IdentityService, { userId: admin.id })
      .setAccountDisabled({ commandId: newId(), userId: ann.id, disabled })
  await change(true)
  expect(await reasonOf(read(token))).toBe('CALENDAR_NOT_FOUND')
  await change(false)
  expect(await read(token)).toContain('VCALENDAR')
})

test('what somebody schedules ends where they were put out of the group in the log', async () => {
  const [ann, bob] = [await person(), await person()]
  const store = await JetStreamEventStore.open(await system.nats.connect('admin'))
  for (let round = 0; round < 5; round++) {
    const groupId = await group(ann, [bob])
    const act = () => reasonOf(of(bob).scheduleCall({ commandId: newId(), groupId, terms: termsOf() }))
    const acts = Array.from({ length: 8 }, act)
    await ann.membership.removeMember({ commandId: newId(), groupId, userId: bob.id })
    expect(await act()).toBe('NOT_A_MEMBER')
    await Promise.all(acts)
    const partition = partitionOf(groupId, 2)
    const options = { afterSeq: 0, filter: groupFilter(partition, groupId), limit: 1_000 }
    const stored = await store.read(historyStream(partition), options)
    const bodies = stored.flatMap(({ commit }) => commit.events.map(({ body }) => body.case))
    expect(bodies.slice(bodies.indexOf('memberRemoved') + 1)).toEqual([])
  }
})
