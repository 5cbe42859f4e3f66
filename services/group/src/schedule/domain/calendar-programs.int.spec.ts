import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Frequency } from '@beseda/proto/call/v1/events'
import { allOccurrences, type Schedule, toCancellation, toICalendar, toInvitation } from '@beseda/rules/schedule'
import { accepts, freePort } from '@beseda/testkit'
import type ICAL from 'ical.js'
import { afterAll, beforeAll, beforeEach, describe, expect, type TestContext, test, vi } from 'vitest'
import { readCalendar } from '../testing/read-calendar.js'
import { recurrenceOf, termsOf, WEEKLY } from './testing.js'

/** What programs that others have written read in our calendars: two parsers of Python, and a calendar server. `PYTHON`: one that has them. */
const PYTHON = process.env.PYTHON || 'python3'
const isHere = (module: string) => spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0
const here = new Set(['icalendar', 'vobject', 'radicale'].filter(isHere))
for (const name of ['icalendar', 'vobject', 'radicale']) {
  if (!here.has(name)) console.log(`Python's ${name} is not here: what it reads in our calendars is not tried.`)
}

const onlyWith = (module: string) => (context: TestContext) =>
  context.skip(!here.has(module), `Python's ${module} is not here`)

const NOW = Date.UTC(2026, 10, 30, 1, 2, 3)
const URL = 'https://chat.example.org/g/0190/call/0191'
const PARTIES = {
  organizer: { name: 'Chat', address: 'chat@example.org' },
  attendee: { name: 'Анна; Ким', address: 'ann@example.org' },
}
const scheduleOf = (
  terms: NonNullable<Schedule>['terms'],
  changes: NonNullable<Schedule>['changes'] = new Map(),
): NonNullable<Schedule> => ({ organizerId: 'ann', terms, sequence: 2, changes, answers: new Map() })
const leftOut = { cancelled: true, startsAt: '', durationMin: 0 }
const SCHEDULES: readonly (readonly [string, NonNullable<Schedule>])[] = [
  ['once', scheduleOf(termsOf({ title: `Очень ${'длинное, '.repeat(12)}название` }))],
  [
    'weekly over the change of the clock, with one left out',
    scheduleOf(termsOf({ recurrence: WEEKLY }), new Map([['2027-03-22T10:00', leftOut]])),
  ],
  [
    'daily until a day, where clocks move by half an hour',
    scheduleOf(
      termsOf({
        ...{ startsAt: '2027-03-30T10:00', timeZone: 'Australia/Lord_Howe' },
        recurrence: recurrenceOf({ frequency: Frequency.DAILY, interval: 2, until: '2027-04-12' }),
      }),
    ),
  ],
]
const startsOf = (schedule: NonNullable<Schedule>) => allOccurrences(schedule).map(({ startsAt }) => startsAt)

function read(program: string, text: string): Record<string, unknown> {
  const script = join(import.meta.dirname, 'calendar-programs.py')
  const { stdout, stderr, status } = spawnSync(PYTHON, [script, program], { input: text, encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout) as Record<string, unknown>
}

describe.each(SCHEDULES)('icalendar: %s', (_, schedule) => {
  beforeEach(onlyWith('icalendar'))
  const [first] = startsOf(schedule)
  const event = { uid: 's@beseda', summary: schedule.terms.title, start: first, sequence: 2, broken: [] }
  test('the calendar', () => {
    const text = toICalendar([{ id: 's', schedule, url: URL }], NOW)
    expect(read('icalendar', text)).toMatchObject({ method: 'PUBLISH', events: [event] })
  })

  test('the invitation', () => {
    const text = toInvitation({ id: 's', schedule, url: URL }, PARTIES, NOW)
    const parties = { organizer: 'mailto:chat@example.org', attendee: 'mailto:ann@example.org' }
    expect(read('icalendar', text)).toMatchObject({ method: 'REQUEST', events: [{ ...event, ...parties }] })
  })

  test('what calls it off', () => {
    const text = toCancellation({ id: 's', sequence: 3, startsAt: first ?? 0 }, PARTIES, NOW)
    const events = [{ uid: 's@beseda', summary: '', start: first, sequence: 3, broken: [] }]
    expect(read('icalendar', text)).toMatchObject({ method: 'CANCEL', events })
  })
})

describe.each(SCHEDULES)('vobject: %s', (_, schedule) => {
  beforeEach(onlyWith('vobject'))
  test('finds the calls at the same instants, by our time zones', () => {
    const entry = { id: 's', schedule, url: URL }
    for (const text of [toICalendar([entry], NOW), toInvitation(entry, PARTIES, NOW)]) {
      expect(read('vobject', text)).toMatchObject({ uids: ['s@beseda'], starts: startsOf(schedule) })
    }
  })
})

describe('Radicale', () => {
  beforeEach(onlyWith('radicale'))
  const folder = mkdtempSync(join(tmpdir(), 'radicale-'))
  let server: ChildProcess | undefined
  let address: string
  beforeAll(async () => {
    if (!here.has('radicale')) return
    const port = await freePort()
    address = `http://127.0.0.1:${port}/ann/calls/`
    const storage = ['--storage-filesystem-folder', folder, '--auth-type', 'none', '--rights-type', 'authenticated']
    server = spawn(PYTHON, ['-m', 'radicale', '--server-hosts', `127.0.0.1:${port}`, ...storage], { stdio: 'ignore' })
    await vi.waitFor(async () => expect(await accepts(port)).toBe(true))
    expect((await ask('MKCALENDAR', '', '')).status).toBe(201)
  })
  afterAll(() => {
    server?.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  const ask = (method: string, path: string, body: string) =>
    fetch(address + path, {
      method,
      headers: { authorization: `Basic ${btoa('ann:any')}`, depth: '1', 'content-type': 'text/calendar' },
      ...(body === '' ? {} : { body }),
    })

  // Its own expansion is not asked for: it repeats in UTC, and is an hour off after the clock was changed.
  test.each(SCHEDULES)('takes a calendar that was downloaded, and gives back all of it: %s', async (name, schedule) => {
    const path = `${name.length}.ics`
    // A calendar server keeps objects that no method is about (RFC 4791, 4.1).
    const text = toICalendar([{ id: 's', schedule, url: URL }], NOW).replace('METHOD:PUBLISH\r\n', '')
    expect((await ask('PUT', path, text)).status).toBe(201)
    const kept = await (await ask('GET', path, '')).text()
    expect(partsOf(kept)).toEqual(partsOf(text))
    expect((await ask('DELETE', path, '')).status).toBe(200)
  })
})

/** Events and time zones, whatever the order of their properties. */
const partsOf = (text: string) => {
  const calendar = readCalendar(text)
  const linesOf = (part: ICAL.Component) =>
    part
      .toString()
      .replaceAll('\r\n ', '')
      .split('\r\n')
      .toSorted((a, b) => a.localeCompare(b))
  return ['vevent', 'vtimezone'].map((kind) => calendar.getAllSubcomponents(kind).map(linesOf))
}
