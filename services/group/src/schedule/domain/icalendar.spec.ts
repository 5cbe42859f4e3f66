import { localTimeAt, minutes, type Schedule } from '@beseda/rules/schedule'
import fc from 'fast-check'
import ICAL from 'ical.js'
import { expect, test } from 'vitest'
import { toICalendar } from './icalendar.js'
import { allOccurrences } from './occurrences.js'
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
