import type { CallTerms, OccurrenceChanged } from '@beseda/proto/call/v1/events'
import type { CallInvitationRef } from '@beseda/proto/mail/v1/letter'
import { type Parties, toCancellation, toInvitation } from '@beseda/rules/schedule'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { oneLine } from './one-line.js'

/** A part of a letter that calendars read (iTIP, RFC 5546). */
export interface CalendarPart {
  readonly method: 'REQUEST' | 'CANCEL'
  readonly text: string
}

/** What the notify service says of a scheduled call. No terms: it is called off as a whole. */
export interface Described {
  readonly terms?: CallTerms | undefined
  readonly changes: readonly OccurrenceChanged[]
}

/** What a call is called in a calendar where letters name nothing. */
const UNNAMED = 'Beseda'

/** `url`: opens the call; `at`: when the letter was written, Unix ms. The same text each time that the letter is sent. */
export function calendarPart(
  { scheduleId: id, letterSequence: sequence, startsAt }: CallInvitationRef,
  { terms, changes }: Described,
  parties: Parties,
  url: string,
  at: number,
): CalendarPart {
  if (!terms) {
    const ended = { id, sequence, startsAt: startsAt ? timestampMs(startsAt) : at }
    return { method: 'CANCEL', text: toCancellation(ended, parties, at) }
  }
  const schedule = {
    ...{ organizerId: '', terms: { ...terms, title: oneLine(terms.title) || UNNAMED }, sequence },
    ...{ changes: new Map(changes.map((change) => [change.occurrence, change])), answers: new Map() },
  }
  return { method: 'REQUEST', text: toInvitation({ id, schedule, url }, parties, at) }
}
