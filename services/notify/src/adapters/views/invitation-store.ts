import type { Projection } from '@beseda/event-log'
import { Attendance } from '@beseda/proto/call/v1/events'
import { allOccurrences, endOf, localTimeAt, minutes } from '@beseda/rules/schedule'
import { InvitationStore } from '../../application/invitation-ports.js'
import type { Loaded } from '../../application/ports.js'
import type { Ahead, Invited } from '../../domain/invitations/invitations.js'
import { loadSchedule } from './schedule-view.js'

interface InvitedRow {
  readonly schedule_id: string
  readonly group_id: string
  readonly sequence: number
  readonly letter: number
  readonly starts_at: number
  readonly ends_at: number
  readonly cancelled: number
}

interface AheadRow {
  readonly groupId: string
  readonly scheduleId: string
  readonly blocked: number
  readonly archived: number
}

/** No clock shows a time that is further behind UTC, and no call is longer. */
const BEHIND_MS = minutes(24 * 60)

/** A call that the view does not know to be over: exact times are asked of the zones only for these. */
const MAYBE_AHEAD = 'schedule.last > ?'
/** Who wants invitations, and has not ended all letters. Named as in the index. */
const WANTING = 'settings.invitations = 1 AND settings.mail <> 1'

/** Scheduled calls of people, and of which of them they were written to, in the view. */
export class SqliteInvitationStore extends InvitationStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  page(afterUserId: string, now: number, limit: number): readonly string[] {
    const sql = `
      SELECT user_id AS id FROM settings WHERE ${WANTING} AND user_id > ? AND (
        EXISTS (
          SELECT 1 FROM member JOIN schedule USING (group_id)
          LEFT JOIN invited ON invited.user_id = member.user_id AND invited.schedule_id = schedule.schedule_id
          WHERE member.user_id = settings.user_id AND ${MAYBE_AHEAD}
          AND (invited.user_id IS NULL OR invited.cancelled = 1 OR invited.sequence < schedule.sequence)
        ) OR EXISTS (
          SELECT 1 FROM invited WHERE invited.user_id = settings.user_id AND cancelled = 0 AND ends_at > ? AND NOT EXISTS (
            SELECT 1 FROM member JOIN schedule USING (group_id)
            WHERE member.user_id = invited.user_id AND group_id = invited.group_id AND schedule_id = invited.schedule_id AND ${MAYBE_AHEAD}
          )
        )
      ) ORDER BY user_id LIMIT ?`
    const parameters = [afterUserId, this.#soonest(now), now, this.#soonest(now), limit]
    return this.projection.view.all<{ id: string }>(sql, ...parameters).map(({ id }) => id)
  }

  of(userId: string): Loaded<readonly Invited[]> {
    const { view } = this.projection
    const row = view.get<{ seq: number }>('SELECT seq FROM invitations WHERE user_id = ?', userId)
    const rows = view.all<InvitedRow>('SELECT * FROM invited WHERE user_id = ? ORDER BY place', userId)
    return { state: rows.map(invitedOf), lastSeq: row?.seq ?? 0 }
  }

  ahead(userId: string, now: number): readonly Ahead[] {
    const { view } = this.projection
    const sql = `
      SELECT group_id AS groupId, schedule_id AS scheduleId, archived, EXISTS (
        SELECT 1 FROM block WHERE block.user_id = member.user_id AND other_id = organizer_id
      ) AS blocked FROM member JOIN schedule USING (group_id) JOIN grp ON grp.id = group_id
      WHERE member.user_id = ? AND ${MAYBE_AHEAD} ORDER BY last, schedule_id`
    const rows = view.all<AheadRow>(sql, userId, this.#soonest(now))
    return rows.flatMap(({ groupId, scheduleId, blocked, archived }): Ahead[] => {
      const schedule = loadSchedule(view, groupId, scheduleId)
      const next = schedule && allOccurrences(schedule).find(({ endsAt }) => endsAt > now)
      if (!schedule || !next) return []
      const declined = schedule.answers.get(userId) === Attendance.NO
      const times = { startsAt: next.startsAt, endsAt: endOf(schedule) }
      const isSo = { blocked: blocked === 1, declined, archived: archived === 1 }
      return [{ groupId, scheduleId, sequence: schedule.sequence, ...times, ...isSo }]
    })
  }

  #soonest(now: number): string {
    return localTimeAt(now - BEHIND_MS, 'UTC')
  }
}

const invitedOf = (row: InvitedRow): Invited => ({
  ...{ groupId: row.group_id, scheduleId: row.schedule_id, sequence: row.sequence, letterSequence: row.letter },
  ...{ startsAt: row.starts_at, endsAt: row.ends_at, cancelled: row.cancelled === 1 },
})
