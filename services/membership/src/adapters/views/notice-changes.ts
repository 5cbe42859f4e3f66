import type { SqliteView } from '@beseda/event-log'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { NoticeKind } from '@beseda/proto/membership/v1/membership_service'
import type { Notice, NoticeChange } from '../../domain/roster/notices.js'

export function applyNotice(view: SqliteView, groupId: string, change: NoticeChange): void {
  switch (change.type) {
    case 'putNotice': {
      const { userId, notice } = change
      if (notice.kind !== NoticeKind.REQUESTED && !isConcerned(view, groupId, userId)) return
      view.run(`${PUT} ?, ${VALUES} WHERE grp.id = ?`, userId, ...valuesOf(notice), groupId)
      return
    }
    case 'dropNotice':
      view.run('DELETE FROM notice WHERE user_id = ? AND group_id = ?', change.userId, groupId)
      return
    case 'noticeMembers': {
      const others = `JOIN member ON member.group_id = grp.id AND member.user_id <> ? WHERE grp.id = ? AND kind <> ${GroupKind.DIRECT}`
      const { notice } = change
      view.run(`${PUT} member.user_id, ${VALUES} ${others}`, ...valuesOf(notice), notice.by, groupId)
      // Nobody answers these any more.
      view.run('DELETE FROM notice WHERE group_id = ? AND kind = ?', groupId, NoticeKind.REQUESTED)
    }
  }
}

const PUT = `INSERT OR REPLACE INTO notice (user_id, group_id, group_name, avatar_file_id, kind, by_user_id, reason, expires_at, at, seq) SELECT`
/** With the name and the picture that the group has now: what they become later is not for people outside of it. */
const VALUES = 'grp.id, grp.name, grp.avatar_file_id, ?, ?, ?, ?, ?, ? FROM grp'

const valuesOf = ({ kind, by, reason, expiresAt, at, seq }: Notice) => [kind, by, reason, expiresAt, at, seq] as const

function isConcerned(view: SqliteView, groupId: string, userId: string): boolean {
  return ['member', 'join_request', 'notice'].some(
    (table) => view.get(`SELECT 1 FROM ${table} WHERE group_id = ? AND user_id = ?`, groupId, userId) !== undefined,
  )
}
