import type { Event } from '@beseda/proto/log/v1/commit'
import type { Schedule } from '@beseda/rules/schedule'

/** What commands on schedules decide on. */
export abstract class ScheduleStore {
  abstract load(groupId: string, scheduleId: string): Schedule
  /** How many of the group are not over at `now` (Unix ms). */
  abstract ahead(groupId: string, now: number): number
  /** Sequence of the group's last commit that changed a schedule; 0: none has. Never falls. */
  abstract lastSeq(groupId: string): number
  /** Sequence of the roster that the view has folded; 0: nothing has happened since the group was founded. */
  abstract rosterSeq(groupId: string): number
  /** The first result of a command; undefined: it was not carried out. */
  abstract result(commandId: string): DoneCommand | undefined
}

export interface DoneCommand {
  readonly groupId: string
  readonly seq: number
  readonly actorId: string
  /** Whether this is what it wrote. */
  wrote(body: Event['body']): boolean
}

export interface ScheduledRecord {
  readonly id: string
  readonly groupId: string
  readonly schedule: NonNullable<Schedule>
}

/** Schedules as people see them. */
export abstract class ScheduleReader {
  /** Those that are not over at `now` (Unix ms). */
  abstract list(groupId: string, now: number): readonly ScheduledRecord[]
  /** Of all groups that the person is in. Of at most `limit`, those that end first. */
  abstract listOf(userId: string, now: number, limit: number): readonly ScheduledRecord[]
  abstract find(groupId: string, scheduleId: string): ScheduledRecord | undefined
}

/** The link of a person to their calendar. */
export interface CalendarFeed {
  readonly userId: string
  /** Empty: it was revoked. */
  readonly tokenHash: Uint8Array
  readonly titles: boolean
  /** Unix ms. */
  readonly changedAt: number
  /** Of the last change. */
  readonly commandId: string
  readonly seq: number
  /** Of the change before; 0: none. */
  readonly afterSeq: number
}

/** What identity knows of accounts. */
export abstract class Accounts {
  abstract isDisabled(userId: string, signal: AbortSignal): Promise<boolean>
}

export abstract class CalendarFeedStore {
  /** Also one that was revoked; undefined: there never was one. */
  abstract of(userId: string): CalendarFeed | undefined
  abstract byTokenHash(tokenHash: Uint8Array): CalendarFeed | undefined
}
