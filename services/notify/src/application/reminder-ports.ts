import type { Schedule } from '@beseda/rules/schedule'
import type { Due, Reminded } from '../domain/reminders/reminders.js'
import type { Loaded } from './ports.js'

/** A scheduled call that is ahead. */
export interface Upcoming extends Due {
  readonly groupId: string
}

export abstract class ReminderStore {
  /** Calls that start after `from` and up to `to` (Unix ms). */
  abstract upcoming(from: number, to: number): readonly Upcoming[]
  abstract schedule(groupId: string, scheduleId: string): Schedule
  /** Whether one of the calls of a schedule starts at this time (Unix ms). */
  abstract startsAt(groupId: string, scheduleId: string, at: number): boolean
  /** Groups that the view does not have, and of whose calls people were reminded. */
  abstract remindedInVain(): readonly string[]
  /** Of which calls of a group people were reminded. */
  abstract reminded(groupId: string): Loaded<readonly Reminded[]>
}

export interface ReminderNotice {
  readonly groupId: string
  readonly scheduleId: string
  readonly title: string
  /** Unix ms. */
  readonly startsAt: number
}

/** Tells the open pages of a person that a call begins soon. */
export abstract class ReminderNotices {
  abstract reminded(userId: string, notice: ReminderNotice): void
}
