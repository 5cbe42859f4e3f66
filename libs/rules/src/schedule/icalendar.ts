import type { Recurrence } from '@beseda/proto/call/v1/events'
import { instantOf, type LocalTime, localTimeAt } from './local-time.js'
import { allOccurrences } from './occurrences.js'
import { rruleOf, WallClockRule } from './recurrence.js'
import type { OccurrenceChange, Schedule } from './schedule-changes.js'
import { timeZoneLines } from './time-zone.js'

export interface CalendarEntry {
  readonly id: string
  readonly schedule: NonNullable<Schedule>
  /** Opens the call. */
  readonly url: string
}

/** Octets of a line without its end (RFC 5545, 3.1). */
const LINE_OCTETS = 75
const encoder = new TextEncoder()

/**
 * Scheduled calls as an iCalendar object (RFC 5545, 7986) for a calendar that somebody keeps elsewhere. Clients look for the link in different
 * properties, so it is in all of them. `now`: Unix ms, the time of the object.
 */
export function toICalendar(entries: readonly CalendarEntry[], now: number): string {
  const held = entries.filter(({ schedule }) => allOccurrences(schedule).length > 0)
  return calendarOf('PUBLISH', [...zonesOf(held), ...held.flatMap((entry) => eventLines(entry, now, []))])
}

/** One scheduled call as an object of a calendar that a server keeps: such a one is about no method (RFC 4791, 4.1). */
export function toCalendarObject(entry: CalendarEntry, now: number): string {
  return calendarOf(undefined, [...zonesOf([entry]), ...eventLines(entry, now, [])])
}

/** Who writes to whom. The name is empty where it is not known. */
export interface Parties {
  readonly organizer: { readonly name: string; readonly address: string }
  readonly attendee: { readonly name: string; readonly address: string }
}

/**
 * A scheduled call as an invitation by mail (iTIP, RFC 5546). Mail programs believe one only from the address that the letter comes from, so
 * the installation is the organizer; nobody reads what is answered there, and programs are told not to.
 */
export function toInvitation(entry: CalendarEntry, parties: Parties, now: number): string {
  return calendarOf('REQUEST', [...zonesOf([entry]), ...eventLines(entry, now, partyLines(parties))])
}

/** It does not take place for the attendee any more. What it was called is not said: they may have left its group. */
export function toCancellation(
  { id, sequence, startsAt }: { readonly id: string; readonly sequence: number; readonly startsAt: number },
  parties: Parties,
  now: number,
): string {
  return calendarOf('CANCEL', [
    'BEGIN:VEVENT',
    `UID:${uidOf(id)}`,
    `DTSTAMP:${utc(now)}`,
    `SEQUENCE:${sequence}`,
    `DTSTART:${utc(startsAt)}`,
    ...partyLines(parties),
    'STATUS:CANCELLED',
    'END:VEVENT',
  ])
}

function calendarOf(method: string | undefined, components: readonly string[]): string {
  const head = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Beseda//Beseda//EN',
    'CALSCALE:GREGORIAN',
    ...(method === undefined ? [] : [`METHOD:${method}`]),
  ]
  return [...head, ...components, 'END:VCALENDAR'].map((line) => `${fold(line)}\r\n`).join('')
}

const partyLines = ({ organizer, attendee }: Parties): string[] => [
  `ORGANIZER${named(organizer.name)}:mailto:${organizer.address}`,
  `ATTENDEE${named(attendee.name)};PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:${attendee.address}`,
]

/** A parameter has no way to say a quotation mark (RFC 5545, 3.1). */
function named(name: string): string {
  const plain = name.replaceAll(/["\p{C}]/gu, '').trim()
  return plain === '' ? '' : `;CN="${plain}"`
}

const uidOf = (id: string): string => `${id}@beseda`

/** Each zone once, over all times at which there are calls in it. */
function zonesOf(entries: readonly CalendarEntry[]): string[] {
  const spans = new Map<string, { from: number; to: number }>()
  for (const { schedule } of entries) {
    const { timeZone, startsAt } = schedule.terms
    const { from, to } = spans.get(timeZone) ?? { from: Number.POSITIVE_INFINITY, to: 0 }
    const times = allOccurrences(schedule).flatMap((one) => [one.startsAt, one.endsAt])
    times.push(instantOf(startsAt, timeZone))
    spans.set(timeZone, { from: Math.min(from, ...times), to: Math.max(to, ...times) })
  }
  return [...spans].flatMap(([zone, { from, to }]) => timeZoneLines(zone, from, to))
}

function eventLines({ id, schedule, url }: CalendarEntry, now: number, people: readonly string[]): string[] {
  const { terms, changes, sequence } = schedule
  const { timeZone, recurrence } = terms
  const moved = [...changes].filter(([, { cancelled }]) => !cancelled)
  const skipped = [...changes].filter(([, { cancelled }]) => cancelled)
  const event = (startsAt: LocalTime, durationMin: number, own: readonly string[]) => [
    'BEGIN:VEVENT',
    `UID:${uidOf(id)}`,
    `DTSTAMP:${utc(now)}`,
    `SEQUENCE:${sequence}`,
    `SUMMARY:${escaped(terms.title)}`,
    timeLine('DTSTART', timeZone, startsAt),
    `DURATION:PT${durationMin}M`,
    ...own,
    ...people,
    `LOCATION:${escaped(url)}`,
    `URL:${url}`,
    `DESCRIPTION:${escaped(url)}`,
    `CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=Beseda:${url}`,
    `X-GOOGLE-CONFERENCE:${url}`,
    'STATUS:CONFIRMED',
    'END:VEVENT',
  ]
  const repeated = recurrence ? [`RRULE:${ruleOf(terms.startsAt, recurrence, timeZone)}`] : []
  const without = skipped.map(([name]) => timeLine('EXDATE', timeZone, name))
  // Something that happens once is just at another time.
  if (!recurrence) {
    const [change] = moved.map(([, one]) => one)
    return event(change?.startsAt || terms.startsAt, change?.durationMin || terms.durationMin, [])
  }
  return [
    ...event(terms.startsAt, terms.durationMin, [...repeated, ...without]),
    ...moved.flatMap(([name, { startsAt, durationMin }]: readonly [LocalTime, OccurrenceChange]) =>
      event(startsAt || name, durationMin || terms.durationMin, [timeLine('RECURRENCE-ID', timeZone, name)]),
    ),
  ]
}

/** UNTIL is in UTC where the start has a zone: the instant of the last start. */
function ruleOf(startsAt: LocalTime, recurrence: Recurrence, timeZone: string): string {
  const last = new WallClockRule(startsAt, recurrence).all().at(-1) ?? startsAt
  return rruleOf(recurrence, utc(instantOf(last, timeZone)))
}

const timeLine = (name: string, timeZone: string, local: LocalTime): string =>
  `${name};TZID=${timeZone}:${compact(local)}`

/** `20270328T100000`. */
const compact = (local: LocalTime): string => `${local.replaceAll(/[-:]/g, '')}00`

const utc = (ms: number): string => `${compact(localTimeAt(ms, 'UTC'))}Z`

/** A value of type TEXT. */
const escaped = (text: string): string => text.replaceAll(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n')

/** Long lines go on in the next one after a space. No character is cut. */
function fold(line: string): string {
  let [folded, octets] = ['', 0]
  for (const character of line) {
    const { length } = encoder.encode(character)
    if (octets + length > LINE_OCTETS) [folded, octets] = [`${folded}\r\n `, 1]
    folded += character
    octets += length
  }
  return folded
}
