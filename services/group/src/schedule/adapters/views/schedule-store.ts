import type { Projection, SqliteView } from '@beseda/event-log'
import type { Schedule } from '@beseda/rules/schedule'
import { type DoneCommand, type ScheduledRecord, ScheduleReader, ScheduleStore } from '../../application/ports.js'
import { contentOf, loadSchedule } from './schedule-view.js'

export class SqliteScheduleStore extends ScheduleStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  load(groupId: string, scheduleId: string): Schedule {
    return loadSchedule(this.projection.view, groupId, scheduleId)
  }

  ahead(groupId: string, now: number): number {
    const sql = 'SELECT COUNT(*) AS count FROM schedule WHERE group_id = ? AND ends_at > ?'
    return this.projection.view.get<{ count: number }>(sql, groupId, now)?.count ?? 0
  }

  lastSeq(groupId: string): number {
    const sql = 'SELECT schedule_seq AS seq FROM grp WHERE id = ?'
    return this.projection.view.get<{ seq: number }>(sql, groupId)?.seq ?? 0
  }

  rosterSeq(groupId: string): number {
    return (
      this.projection.view.get<{ seq: number }>('SELECT roster_seq AS seq FROM grp WHERE id = ?', groupId)?.seq ?? 0
    )
  }

  result(commandId: string): DoneCommand | undefined {
    const sql = 'SELECT group_id AS groupId, seq, actor_id AS actorId, content FROM schedule_command WHERE id = ?'
    const row = this.projection.view.get<DoneRow>(sql, commandId)
    if (!row) return undefined
    const { content, ...done } = row
    return { ...done, wrote: (body) => Buffer.compare(content, contentOf(body)) === 0 }
  }
}

interface DoneRow extends Omit<DoneCommand, 'wrote'> {
  readonly content: Uint8Array
}

interface IdRow {
  readonly id: string
  readonly groupId: string
}

const IDS = 'SELECT schedule_id AS id, schedule.group_id AS groupId FROM schedule'

export class SqliteScheduleReader extends ScheduleReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  list(groupId: string, now: number): readonly ScheduledRecord[] {
    const sql = `${IDS} WHERE group_id = ? AND ends_at > ? ORDER BY ends_at, schedule_id`
    return this.#records(this.#view.all<IdRow>(sql, groupId, now))
  }

  listOf(userId: string, now: number, limit: number): readonly ScheduledRecord[] {
    const sql = `${IDS} JOIN member USING (group_id) WHERE user_id = ? AND ends_at > ? ORDER BY ends_at, schedule_id LIMIT ?`
    return this.#records(this.#view.all<IdRow>(sql, userId, now, limit))
  }

  find(groupId: string, scheduleId: string): ScheduledRecord | undefined {
    return this.#records([{ id: scheduleId, groupId }])[0]
  }

  #records(rows: readonly IdRow[]): readonly ScheduledRecord[] {
    return rows.flatMap(({ id, groupId }) => {
      const schedule = loadSchedule(this.#view, groupId, id)
      return schedule ? [{ id, groupId, schedule }] : []
    })
  }

  get #view(): SqliteView {
    return this.projection.view
  }
}
