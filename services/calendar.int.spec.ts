import { newId } from '@beseda/kernel'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { CalendarFailure, CalendarService } from '@beseda/proto/notify/v1/calendar_service'
import { override, reasonOf, TestCalendarServer, TestSystem } from '@beseda/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { CalendarPace } from './notify/src/application/calendar-ports.js'
import { notifyService } from './notify/src/notify.module.js'
import { type Person, peopleOf } from './testing/people.js'

/** Scheduled calls in calendars that people keep elsewhere, on real servers with the permissions of production. */
let system: TestSystem
let server: TestCalendarServer
const { person, group } = peopleOf(() => system)
const ORIGIN = 'https://chat.example.org'
/** Faster than in production. The lease is longer than a round takes here, also on a slow machine. */
const PACE = new CalendarPace(200, 2_000)
/** Calls that are not over. */
const YEAR = new Date().getUTCFullYear() + 1
beforeAll(async () => {
  server = await TestCalendarServer.start()
  system = await TestSystem.start(identityService, groupService, membershipService)
  // Two replicas, which write nothing twice.
  const env = { CALENDAR_HOSTS: ` other.lan, ${server.host.toUpperCase()}` }
  for (let i = 0; i < 2; i++) await system.run(notifyService, { env, overrides: [override(CalendarPace, PACE)] })
})
afterAll(async () => {
  await system?.stop()
  await server?.stop()
})
const places: string[] = []
beforeEach(() => void places.push(newId()))
afterEach(() => {
  server.interfere = () => undefined
})

const calendarOf = ({ id }: Person) => system.client(CalendarService, { userId: id })
const scheduleOf = ({ id }: Person) => system.client(ScheduleService, { userId: id })
const terms = (title: string) => ({
  title,
  startsAt: `${YEAR}-03-29T10:00`,
  timeZone: 'Europe/Berlin',
  durationMin: 30,
})
/** Of an event, apart from when it was written. */
const contentOf = (text: string) => text.replace(/^DTSTAMP:.*$/m, '')
const titlesIn = (id: string) => server.texts(id).map((text) => /SUMMARY:(.*)\r/.exec(text)?.[1])

/** Somebody with a scheduled call in a group, and a calendar of their own. */
async function connected() {
  const ann = await person('Anna')
  const groupId = await group(ann)
  const { scheduleId } = await scheduleOf(ann).scheduleCall({ commandId: newId(), groupId, terms: terms('Chess') })
  const id = places.at(-1) ?? ''
  const url = server.add(id, id)
  const signIn = server.signIn
  const { failure } = await calendarOf(ann).connectCalendar({
    ...{ commandId: newId(), url, signIn, titles: true, origin: ORIGIN },
  })
  expect(failure).toBe(CalendarFailure.UNSPECIFIED)
  return { ann, groupId, scheduleId, id, url, place: { commandId: newId(), groupId, scheduleId } }
}

test('a calendar is found and connected, and calls get there, change and go with the call', async () => {
  const { ann, id, url, place } = await connected()
  const { calendars } = await calendarOf(ann).findCalendars({ address: server.url, signIn: server.signIn })
  expect(calendars).toContainEqual(expect.objectContaining({ url, name: id }))
  await expect.poll(() => titlesIn(id)).toEqual(['Chess'])
  const told = await calendarOf(ann).getCalendarConnection({})
  expect(told).toMatchObject({ connected: true, url, name: id, userName: 'ann', titles: true, failure: 0 })
  expect(JSON.stringify(told, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
    server.signIn.password,
  )
  await scheduleOf(ann).rescheduleCall({ ...place, commandId: newId(), terms: terms('Go') })
  await expect.poll(() => titlesIn(id)).toEqual(['Go'])
  await scheduleOf(ann).unscheduleCall({ ...place, commandId: newId() })
  await expect.poll(() => titlesIn(id)).toEqual([])
  // One that could not be noted is written again, as the same.
  const writes = server.asked.filter(({ method, path }) => method === 'PUT' && path.includes(id))
  expect(new Set(writes.map(({ body }) => contentOf(body))).size).toBe(2)
})

test('what the server refuses is told, by its reason', async () => {
  const ann = await person('Anna')
  const wrong = { ...server.signIn, password: 'wrong' }
  const { failure } = await calendarOf(ann).findCalendars({ address: server.url, signIn: wrong })
  expect(failure).toBe(CalendarFailure.CREDENTIALS)
  const request = { commandId: newId(), url: 'https://10.0.0.1/', signIn: wrong, origin: ORIGIN }
  expect((await calendarOf(ann).connectCalendar(request)).failure).toBe(CalendarFailure.UNREACHABLE)
  expect((await calendarOf(ann).getCalendarConnection({})).connected).toBe(false)
  server.interfere = ({ method }) => (method === 'PUT' ? { status: 507 } : undefined)
  const { ann: full } = await connected()
  await vi.waitFor(async () => {
    const { failure: why, retryAt } = await calendarOf(full).getCalendarConnection({})
    expect([why, retryAt !== undefined]).toEqual([CalendarFailure.NO_ROOM, true])
  })
})

test('whoever disconnects and wants it has the calls taken out, and is forgotten', async () => {
  const { ann, id } = await connected()
  await expect.poll(() => titlesIn(id)).toEqual(['Chess'])
  await calendarOf(ann).disconnectCalendar({ commandId: newId(), removeCalls: true })
  await expect.poll(() => titlesIn(id)).toEqual([])
  await expect.poll(async () => (await calendarOf(ann).getCalendarConnection({})).connected).toBe(false)
})

test('of somebody whose account was deleted nothing is kept, and what is in their calendar is theirs', async () => {
  const { ann, id } = await connected()
  await expect.poll(() => titlesIn(id)).toEqual(['Chess'])
  await scheduleOf(ann).listMySchedule({})
  await ann.identity.deleteAccount({ commandId: newId(), password: 'correct horse' })
  await expect.poll(async () => (await calendarOf(ann).getCalendarConnection({})).connected).toBe(false)
  expect(titlesIn(id)).toEqual(['Chess'])
})

test('however many connect and disconnect at once, all replicas say the same, and the calendar is as they say', async () => {
  const { ann, groupId, id, url } = await connected()
  await expect.poll(() => titlesIn(id)).toEqual(['Chess'])
  const calendar = calendarOf(ann)
  const signIn = server.signIn
  const outcomes = await Promise.allSettled(
    Array.from({ length: 12 }, (_, i) =>
      i % 2 === 0
        ? calendar.connectCalendar({ commandId: newId(), url, signIn, titles: i % 4 === 0, origin: ORIGIN })
        : calendar.disconnectCalendar({ commandId: newId(), removeCalls: true }),
    ),
  )
  for (const one of outcomes)
    if (one.status === 'rejected') expect(await reasonOf(Promise.reject(one.reason))).toBe('CONTENTION')
  const again = { commandId: newId(), url, signIn, titles: true, origin: ORIGIN }
  for (let i = 0; i < 4; i++) await calendar.connectCalendar(again)
  expect((await calendar.getCalendarConnection({})).connected).toBe(true)
  // A round that is begun now has to find the first call there, or write it again: another one is scheduled only now.
  await scheduleOf(ann).scheduleCall({ commandId: newId(), groupId, terms: terms('Go') })
  await expect.poll(() => new Set(titlesIn(id))).toEqual(new Set(['Chess', 'Go']))
  await expect.poll(async () => (await calendar.getCalendarConnection({})).calls).toBe(2)
})

test('whoever connects again has the calls there that were taken out meanwhile, also if no answer said so', async () => {
  const { ann, id, url } = await connected()
  await expect.poll(() => titlesIn(id)).toEqual(['Chess'])
  server.interfere = ({ method, path }) => {
    if (method !== 'DELETE' || !path.includes(id)) return undefined
    server.calendars.get(new URL(url).pathname)?.events.clear()
    return 'hang'
  }
  await calendarOf(ann).disconnectCalendar({ commandId: newId(), removeCalls: true })
  await expect.poll(() => titlesIn(id)).toEqual([])
  const { failure } = await calendarOf(ann).connectCalendar({
    ...{ commandId: newId(), url, signIn: server.signIn, titles: true, origin: ORIGIN },
  })
  expect(failure).toBe(CalendarFailure.UNSPECIFIED)
  await expect.poll(() => titlesIn(id)).toEqual(['Chess'])
})
