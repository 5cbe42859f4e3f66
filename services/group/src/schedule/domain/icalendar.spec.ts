import {
  allOccurrences,
  localTimeAt,
  minutes,
  type Schedule,
  toCancellation,
  toICalendar,
  toInvitation,
} from '@beseda/rules/schedule'
import fc from 'fast-check'
import ICAL from 'ical.js'
import { expect, test } from 'vitest'
import { anyTerms, termsOf, WEEKLY } from './testing.js'

const NOW = Date.UTC(2026, 10, 30, 1, 2, 3)
const URL = 'https://chat.example.org/g/0190/call/0191'
const scheduleOf = (fields: Partial<NonNullable<Schedule>> = {}): NonNullable<Schedule> => ({
  organizerId: 'ann',
  terms: termsOf(),
  sequence: 0,
  changes: new Map(),
  answers: new Map(),
  ...fields,
})
const textOf = (schedule: NonNullable<Schedule>) => toICalendar([{ id: 's', schedule, url: URL }], NOW)

/** When the calls of the first UID start, as another program expands them. */
function expanded(text: string): number[] {
  const calendar = new ICAL.Component(ICAL.parse(text))
  ICAL.TimezoneService.reset()
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone)
  const [first, ...others] = calendar.getAllSubcomponents('vevent')
  if (!first) return []
  const exceptions = others.map((one) => new ICAL.Event(one))
  const event = new ICAL.Event(first, { exceptions })
  if (!event.isRecurring()) return [event.startDate.toUnixTime() * 1_000]
  const iterator = event.iterator()
  const starts: number[] = []
  for (let next = iterator.next(); next; next = iterator.next()) {
    starts.push(event.getOccurrenceDetails(next).startDate.toUnixTime() * 1_000)
  }
  return starts.toSorted((a, b) => a - b)
}

/** Minutes by which a clock is put back somewhere. */
const STEPS = [30, 60]
/** The clock skips the time, or shows it twice: RFC 5545 says what is meant, but ical.js takes the offset after the change. */
const isUnclear = (name: string, startsAt: number, zone: string) =>
  localTimeAt(startsAt, zone) !== name || STEPS.some((step) => localTimeAt(startsAt + minutes(step), zone) === name)

test('another program finds the calls at the same instants, by any rule in any zone', () => {
  const property = fc.property(anyTerms, fc.nat(3), fc.boolean(), (terms, nth, cancelled) => {
    const plain = scheduleOf({ terms })
    const name = allOccurrences(plain)[nth]?.name
    const other = { cancelled, startsAt: cancelled ? '' : '2027-07-01T12:00', durationMin: 0 }
    const schedule = name ? scheduleOf({ terms, changes: new Map([[name, other]]) }) : plain
    const all = allOccurrences(schedule)
    fc.pre(all.every((one) => one.moved || !isUnclear(one.name, one.startsAt, terms.timeZone)))
    const found = all.length === 0 ? [] : expanded(textOf(schedule))
    expect(found).toEqual(all.map(({ startsAt }) => startsAt))
  })
  fc.assert(property, { numRuns: 100 })
})

test('no line is longer than 75 octets, each ends as the RFC says, and the title comes back whole', () => {
  const property = fc.property(anyTerms, (terms) => {
    const text = textOf(scheduleOf({ terms }))
    expect(text.endsWith('\r\n')).toBe(true)
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
    const event = new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent')
    expect(event?.getFirstPropertyValue('summary')).toBe(terms.title)
  })
  fc.assert(property, { numRuns: 50 })
})

test('the link is wherever a calendar may look for it', () => {
  const event = new ICAL.Component(ICAL.parse(textOf(scheduleOf()))).getFirstSubcomponent('vevent')
  for (const name of ['location', 'url', 'description', 'conference', 'x-google-conference']) {
    expect(event?.getFirstPropertyValue(name), name).toBe(URL)
  }
})

test('times of the object are in UTC, those of the calls in their zone', () => {
  const text = textOf(
    scheduleOf({ terms: termsOf({ recurrence: { ...WEEKLY, count: 0, until: '2027-03-29' } }), sequence: 7 }),
  )
  for (const line of [
    'DTSTAMP:20261130T010200Z',
    'SEQUENCE:7',
    'UID:s@beseda',
    'DTSTART;TZID=Europe/Berlin:20270308T100000',
    'DURATION:PT30M',
    'RRULE:FREQ=WEEKLY;UNTIL=20270329T080000Z',
  ]) {
    expect(text.split('\r\n')).toContain(line)
  }
})

test('a call that happens once is at its new time, and one that was left out is in no calendar', () => {
  const at = (cancelled: boolean) =>
    scheduleOf({
      changes: new Map([['2027-03-08T10:00', { cancelled, startsAt: '2027-03-09T11:00', durationMin: 0 }]]),
    })
  expect(expanded(textOf(at(false)))).toEqual([Date.UTC(2027, 2, 9, 10)])
  expect(textOf(at(true))).not.toContain('VEVENT')
})

const PARTIES = {
  organizer: { name: 'Chat "Ops"', address: 'chat@example.org' },
  attendee: { name: 'Анна; Ким, \r\nX-EVIL:1', address: 'ann@example.org' },
}

test('an invitation is what the calendar has, from the installation to the person, who is not asked to answer', () => {
  const property = fc.property(anyTerms, (terms) => {
    const schedule = scheduleOf({ terms, sequence: 3 })
    const text = toInvitation({ id: 's', schedule, url: URL }, PARTIES, NOW)
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
    const calendar = new ICAL.Component(ICAL.parse(text))
    expect(calendar.getFirstPropertyValue('method')).toBe('REQUEST')
    for (const event of calendar.getAllSubcomponents('vevent')) {
      expect(event.getFirstPropertyValue('organizer')).toBe('mailto:chat@example.org')
      expect(event.getFirstProperty('organizer')?.getParameter('cn')).toBe('Chat Ops')
      expect(event.getFirstPropertyValue('attendee')).toBe('mailto:ann@example.org')
      expect(event.getFirstProperty('attendee')?.getParameter('cn')).toBe('Анна; Ким, X-EVIL:1')
      expect(event.getFirstProperty('attendee')?.getParameter('rsvp')).toBe('FALSE')
    }
    const [first] = calendar.getAllSubcomponents('vevent')
    expect([first?.getFirstPropertyValue('uid'), first?.getFirstPropertyValue('sequence')]).toEqual(['s@beseda', 3])
    // Apart from who writes to whom, it is the text of the calendar.
    const unfolded = (one: string) => one.replaceAll('\r\n ', '').split('\r\n')
    const own = unfolded(text).filter((line) => !/^(ORGANIZER|ATTENDEE|METHOD)/.test(line))
    expect(own).toEqual(unfolded(textOf(schedule)).filter((line) => !line.startsWith('METHOD')))
  })
  fc.assert(property, { numRuns: 50 })
})

test('what calls it off names the same call, and says nothing of it', () => {
  const startsAt = Date.UTC(2027, 2, 8, 9)
  const calendar = new ICAL.Component(ICAL.parse(toCancellation({ id: 's', sequence: 4, startsAt }, PARTIES, NOW)))
  expect(calendar.getFirstPropertyValue('method')).toBe('CANCEL')
  const event = calendar.getFirstSubcomponent('vevent')
  const values = ['uid', 'sequence', 'status', 'organizer', 'attendee'].map((name) =>
    event?.getFirstPropertyValue(name),
  )
  expect(values).toEqual(['s@beseda', 4, 'CANCELLED', 'mailto:chat@example.org', 'mailto:ann@example.org'])
  expect(String(event?.getFirstPropertyValue('dtstart'))).toBe('2027-03-08T09:00:00Z')
  expect(event?.getFirstPropertyValue('summary')).toBe(null)
})
