import type { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import type { Schedule } from '@beseda/rules/schedule'
import type { KeptCalendar, Standing } from '../domain/calendar/calendar.js'
import type { Loaded } from './ports.js'

/** How fast calendars are written to; tests replace it. */
export class CalendarPace {
  constructor(
    /** How often it is looked in whose calendars something is to be done, ms. Longer: they are as much behind. */
    readonly roundMs = 15_000,
    /**
     * How long a replica has a calendar to itself, and how long the next change of it waits, ms. It must be longer than a round of it may take:
     * twelve seconds (`CalendarChanges`), and what is being asked when that is over.
     */
    readonly leaseMs = 30_000,
  ) {}
}

export abstract class CalendarStore {
  /** People in whose calendars something is to be done at `now` (Unix ms), of which the accounts are there; in the order of their ids. */
  abstract page(afterUserId: string, now: number, limit: number): readonly string[]
  abstract of(userId: string): Loaded<KeptCalendar>
  /** Whether the account was deleted: what is in its calendar is left there. */
  abstract isGone(userId: string): boolean
  /** Calls of a person's groups that end after `now`, those that end first, and those of their calendar that stand, however old. */
  abstract standing(userId: string, now: number): readonly Standing[]
  abstract schedule(groupId: string, scheduleId: string): Schedule
}

export interface CalendarSignIn {
  readonly userName: string
  readonly password: string
}

export interface FoundCalendar {
  readonly url: string
  readonly name: string
}

/** An event of ours in a calendar. */
export interface EventPlace {
  /** Of the calendar. */
  readonly url: string
  /** Of the event: nobody else gives one the same. */
  readonly uid: string
}

/** A calendar server did not do what it was asked for. Tells nothing of what was sent there. */
export class CalendarFailed extends Error {
  override readonly name = 'CalendarFailed'
  constructor(readonly reason: CalendarFailure) {
    super(`calendar: ${reason}`)
  }
}

/** CalDAV servers that people have chosen (RFC 4791). Errors of all methods: CalendarFailed. */
export abstract class CalendarServers {
  /** The calendars at an address, which is that of a server or of one of them. */
  abstract find(address: string, signIn: CalendarSignIn): Promise<readonly FoundCalendar[]>
  /** The calendar at an address. */
  abstract open(url: string, signIn: CalendarSignIn): Promise<FoundCalendar>
  /** Writes an event, whatever was made of it there; never one that is not ours. */
  abstract write(place: EventPlace, text: string, signIn: CalendarSignIn): Promise<void>
  /** Removes an event, if it is there and ours. */
  abstract remove(place: EventPlace, signIn: CalendarSignIn): Promise<void>
}

/** Passwords as the log has them. */
export abstract class CalendarPasswords {
  abstract seal(password: string, userId: string): Uint8Array
  /** Undefined: of another account, or sealed before the installation's secret was changed. */
  abstract open(sealed: Uint8Array, userId: string): string | undefined
}

/** What identity knows of accounts. */
export abstract class CalendarAccounts {
  /** Of these people those whose accounts an administrator has disabled. */
  abstract disabled(userIds: readonly string[]): Promise<ReadonlySet<string>>
}
