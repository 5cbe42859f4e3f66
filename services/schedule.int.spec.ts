import { newId } from '@beseda/kernel'
import { Attendance, CallTermsSchema, Frequency } from '@beseda/proto/call/v1/events'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
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
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService)
  await system.run(groupService)
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
