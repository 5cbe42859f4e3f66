import type { Projection } from '@beseda/event-log'
import type { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind } from '@beseda/proto/group/v1/events'
import type { CallReminder, MailChoice } from '@beseda/proto/notify/v1/events'
import type { Audience, Member, NotifiedGroup } from '../../application/ports.js'

interface MemberRow {
  readonly user_id: string
  readonly role: Role
}

/** Groups and their members in the view. */
export class SqliteAudience implements Audience {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  group(groupId: string): NotifiedGroup | undefined {
    const sql = 'SELECT kind, name, archived FROM grp WHERE id = ?'
    const row = this.projection.view.get<{ kind: GroupKind; name: string; archived: number }>(sql, groupId)
    return row && { id: groupId, kind: row.kind, name: row.name, archived: row.archived === 1 }
  }

  reachableMembers(groupId: string): readonly Member[] {
    return this.#members(
      `SELECT user_id, role FROM member WHERE group_id = ?
       AND EXISTS (SELECT 1 FROM push WHERE push.user_id = member.user_id AND endpoint <> '')`,
      groupId,
    )
  }

  members(groupId: string): readonly Member[] {
    return this.#members('SELECT user_id, role FROM member WHERE group_id = ?', groupId)
  }

  membersByChoice(groupId: string, choice: MailChoice): readonly Member[] {
    const sql = 'SELECT user_id, role FROM member JOIN settings USING (user_id) WHERE group_id = ? AND mail = ?'
    return this.#members(sql, groupId, choice)
  }

  membersByReminder(groupId: string, reminder: CallReminder): readonly Member[] {
    const sql = `SELECT user_id, role FROM member LEFT JOIN settings USING (user_id)
       WHERE group_id = ? AND COALESCE(reminder, 0) = ?`
    return this.#members(sql, groupId, reminder)
  }

  member(groupId: string, userId: string): Member | undefined {
    return this.#members('SELECT user_id, role FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)[0]
  }

  hasBlocked(userId: string, otherId: string): boolean {
    const sql = 'SELECT 1 FROM block WHERE user_id = ? AND other_id = ?'
    return this.projection.view.get(sql, userId, otherId) !== undefined
  }

  departedWithTraces(): readonly string[] {
    const sql = `
      SELECT user_id AS id FROM gone WHERE EXISTS (SELECT 1 FROM push WHERE push.user_id = gone.user_id AND endpoint <> '')
      OR EXISTS (SELECT 1 FROM settings WHERE settings.user_id = gone.user_id AND length(event) > 0)
      OR EXISTS (SELECT 1 FROM missed WHERE missed.user_id = gone.user_id AND due_at > 0)
      OR EXISTS (SELECT 1 FROM invited WHERE invited.user_id = gone.user_id)
      OR EXISTS (SELECT 1 FROM calendar WHERE calendar.user_id = gone.user_id AND connected = 1)
      OR EXISTS (SELECT 1 FROM arrangement WHERE arrangement.user_id = gone.user_id AND length(event) > 0)
      OR EXISTS (SELECT 1 FROM preference WHERE preference.user_id = gone.user_id AND (level > 0 OR muted_until > 0))`
    return this.projection.view.all<{ id: string }>(sql).map(({ id }) => id)
  }

  #members(sql: string, ...parameters: readonly (string | number)[]): readonly Member[] {
    const rows = this.projection.view.all<MemberRow>(sql, ...parameters)
    return rows.map(({ user_id: userId, role }) => ({ userId, role }))
  }
}
