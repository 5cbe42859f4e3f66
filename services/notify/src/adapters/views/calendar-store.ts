import type { Projection } from '@beseda/event-log'
import { CalendarKeptSchema } from '@beseda/proto/notify/v1/events'
import { endOf, localTimeAt, minutes, type Schedule } from '@beseda/rules/schedule'
import { fromBinary } from '@bufbuild/protobuf'
import { CalendarStore } from '../../application/calendar-ports.js'
import type { Loaded } from '../../application/ports.js'
import { type KeptCalendar, keptBy, NO_CALENDAR, type Standing } from '../../domain/calendar/calendar.js'
import { loadSchedule } from './schedule-view.js'

/** No clock shows a time that is further behind UTC, and no call is longer: exact times are asked of the zones only for what may be ahead. */
const BEHIND_MS = minutes(24 * 60)
/** Scheduled calls of people: of groups that are not archived, and of nobody whom they have blocked, as with invitations. */
const CALLS_OF_PEOPLE = 'member JOIN schedule USING (group_id) JOIN grp ON grp.id = schedule.group_id AND archived = 0'
const NOT_BLOCKED =
  'NOT EXISTS (SELECT 1 FROM block WHERE block.user_id = member.user_id AND other_id = schedule.organizer_id)'
/** Calls of a person that are looked at, those that end first: more than a calendar has, for those that turn out to be over. */
const MOST_LOOKED_AT = 400

/** Calendars of people, and the scheduled calls for them, in the view. */
export class SqliteCalendarStore extends CalendarStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  page(afterUserId: string, now: number, limit: number): readonly string[] {
    const isNotWaiting = (removing: 0 | 1, state = '') => `NOT EXISTS (
      SELECT 1 FROM calendar_refused AS refused WHERE refused.user_id = calendar.user_id AND removing = ${removing} AND retry_at > at.now
      AND refused.schedule_id = ${removing ? 'entry' : 'schedule'}.schedule_id ${state}
    )`
    const sql = `
      WITH at (now, after, soonest) AS (VALUES (?, ?, ?))
      SELECT user_id AS id FROM calendar, at WHERE connected = 1 AND calendar.retry_at <= at.now AND user_id > at.after
      AND user_id NOT IN (SELECT user_id FROM gone) AND (
        ending = 1 AND (
          NOT EXISTS (SELECT 1 FROM calendar_entry AS entry WHERE entry.user_id = calendar.user_id)
          OR EXISTS (SELECT 1 FROM calendar_entry AS entry WHERE entry.user_id = calendar.user_id AND ${isNotWaiting(1)})
        ) OR ending = 0 AND EXISTS (
          SELECT 1 FROM ${CALLS_OF_PEOPLE}
          LEFT JOIN calendar_entry AS entry ON entry.user_id = member.user_id AND entry.schedule_id = schedule.schedule_id
          WHERE member.user_id = calendar.user_id AND schedule.last > at.soonest AND ${NOT_BLOCKED}
          AND (entry.user_id IS NULL OR entry.sequence < schedule.sequence OR entry.titled <> calendar.titles)
          AND ${isNotWaiting(0, 'AND refused.sequence >= schedule.sequence')}
        ) OR ending = 0 AND EXISTS (
          SELECT 1 FROM calendar_entry AS entry WHERE entry.user_id = calendar.user_id AND ends_at > at.now AND NOT EXISTS (
            SELECT 1 FROM ${CALLS_OF_PEOPLE}
            WHERE member.user_id = entry.user_id AND group_id = entry.group_id AND schedule_id = entry.schedule_id
            AND schedule.last > at.soonest AND ${NOT_BLOCKED}
          ) AND ${isNotWaiting(1)}
        )
      ) ORDER BY user_id LIMIT ?`
    const parameters = [now, afterUserId, this.#soonest(now), limit]
    return this.projection.view.all<{ id: string }>(sql, ...parameters).map(({ id }) => id)
  }

  of(userId: string): Loaded<KeptCalendar> {
    const sql = 'SELECT event, seq FROM calendar WHERE user_id = ?'
    const row = this.projection.view.get<{ event: Uint8Array; seq: number }>(sql, userId)
    if (!row) return { state: NO_CALENDAR, lastSeq: 0 }
    const value = fromBinary(CalendarKeptSchema, row.event)
    return { state: keptBy({ case: 'calendarKept', value }) ?? NO_CALENDAR, lastSeq: row.seq }
  }

  isGone(userId: string): boolean {
    return this.projection.view.get('SELECT 1 FROM gone WHERE user_id = ?', userId) !== undefined
  }

  standing(userId: string, now: number): readonly Standing[] {
    const sql = `
      SELECT group_id AS groupId, schedule_id AS scheduleId FROM (
        SELECT group_id, schedule_id, last FROM ${CALLS_OF_PEOPLE}
        WHERE member.user_id = ? AND schedule.last > ? AND ${NOT_BLOCKED} ORDER BY last, schedule_id LIMIT ?
      )
      UNION
      SELECT group_id AS groupId, schedule_id AS scheduleId FROM ${CALLS_OF_PEOPLE}
      JOIN calendar_entry USING (user_id, group_id, schedule_id) WHERE user_id = ? AND ${NOT_BLOCKED}`
    const rows = this.projection.view.all<Pick<Standing, 'groupId' | 'scheduleId'>>(
      ...[sql, userId, this.#soonest(now), MOST_LOOKED_AT, userId],
    )
    return rows
      .flatMap(({ groupId, scheduleId }): Standing[] => {
        const schedule = this.schedule(groupId, scheduleId)
        const endsAt = schedule ? endOf(schedule) : 0
        return schedule && endsAt > 0 ? [{ groupId, scheduleId, sequence: schedule.sequence, endsAt }] : []
      })
      .toSorted((a, b) => a.endsAt - b.endsAt)
  }

  schedule(groupId: string, scheduleId: string): Schedule {
    return loadSchedule(this.projection.view, groupId, scheduleId)
  }

  #soonest(now: number): string {
    return localTimeAt(now - BEHIND_MS, 'UTC')
  }
}
