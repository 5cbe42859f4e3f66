import type { Projection } from '@beseda/event-log'
import { CallsRemindedSchema } from '@beseda/proto/notify/v1/events'
import { instantOf, localTimeAt, minutes, type Schedule } from '@beseda/rules/schedule'
import { fromBinary } from '@bufbuild/protobuf'
import type { Loaded } from '../../application/ports.js'
import { ReminderStore, type Upcoming } from '../../application/reminder-ports.js'
import { type Reminded, remindedBy } from '../../domain/reminders/reminders.js'
import { loadSchedule } from './schedule-view.js'

interface OccurrenceRow {
  readonly groupId: string
  readonly scheduleId: string
  readonly local: string
}

const COLUMNS = 'SELECT group_id AS groupId, schedule_id AS scheduleId, local FROM occurrence'

/** Scheduled calls, and of which of them people were reminded, in the view. */
export class SqliteReminderStore extends ReminderStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  /** By the clock of each zone, an hour more on both sides: on the nights on which it is changed, times of the day come twice or not at all. */
  upcoming(from: number, to: number): readonly Upcoming[] {
    const { view } = this.projection
    const zones = view.all<{ zone: string }>('SELECT DISTINCT time_zone AS zone FROM occurrence')
    return zones
      .flatMap(({ zone }) => {
        const [first, last] = [localTimeAt(from - minutes(60), zone), localTimeAt(to + minutes(60), zone)]
        const sql = `${COLUMNS} WHERE time_zone = ? AND local BETWEEN ? AND ? ORDER BY local, group_id, schedule_id`
        return view.all<OccurrenceRow>(sql, zone, first, last).map((row) => upcomingOf(row, zone))
      })
      .filter(({ startsAt }) => startsAt > from && startsAt <= to)
  }

  schedule(groupId: string, scheduleId: string): Schedule {
    return loadSchedule(this.projection.view, groupId, scheduleId)
  }

  startsAt(groupId: string, scheduleId: string, at: number): boolean {
    const schedule = this.schedule(groupId, scheduleId)
    if (!schedule) return false
    const { timeZone } = schedule.terms
    const sql = `${COLUMNS} WHERE group_id = ? AND schedule_id = ? AND local BETWEEN ? AND ?`
    const around = [at - minutes(60), at + minutes(60)].map((ms) => localTimeAt(ms, timeZone))
    const rows = this.projection.view.all<OccurrenceRow>(sql, groupId, scheduleId, ...around)
    return rows.some(({ local }) => instantOf(local, timeZone) === at)
  }

  remindedInVain(): readonly string[] {
    const sql = `
      SELECT group_id AS id FROM reminded
      WHERE length(event) > 0 AND NOT EXISTS (SELECT 1 FROM grp WHERE grp.id = reminded.group_id)`
    return this.projection.view.all<{ id: string }>(sql).map(({ id }) => id)
  }

  reminded(groupId: string): Loaded<readonly Reminded[]> {
    const sql = 'SELECT event, seq FROM reminded WHERE group_id = ?'
    const row = this.projection.view.get<{ event: Uint8Array; seq: number }>(sql, groupId)
    if (!row) return { state: [], lastSeq: 0 }
    const value = fromBinary(CallsRemindedSchema, row.event)
    return { state: remindedBy({ case: 'callsReminded', value }) ?? [], lastSeq: row.seq }
  }
}

const upcomingOf = ({ groupId, scheduleId, local }: OccurrenceRow, zone: string): Upcoming => ({
  ...{ groupId, scheduleId, startsAt: instantOf(local, zone) },
})
