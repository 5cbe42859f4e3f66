import type { Projection, SqliteView } from '@beseda/event-log'
import type { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import { WhoMayAdd } from '@beseda/proto/identity/v1/events'
import { NoticeKind } from '@beseda/proto/membership/v1/membership_service'
import { foldText, hiddenUpTo } from '@beseda/rules'
import {
  type BanRecord,
  type FoundGroupRecord,
  type GroupPosition,
  type GroupRecord,
  type JoinRequestRecord,
  type MemberRecord,
  type MemberStanding,
  MembershipReader,
  type MyGroupRecord,
  type NoticeRecord,
} from '../../application/ports.js'
import { type BanRow, banOf, type GroupRow, groupOf, type JoinRequestRow, joinRequestOf, settingsOf } from './rows.js'

type MyGroupRow = GroupRow & {
  readonly role: Role
  readonly member_count: number
  readonly join_requests: number
  readonly muted_until: number
  readonly peer_id: string | null
}
type FoundGroupRow = GroupRow & { readonly member_count: number; readonly member: number; readonly requested: number }
type PositionRow = Pick<GroupRow, 'id' | 'roster_seq' | 'settings'> & {
  readonly role: Role
  readonly joined_seq: number
}

/** More than anybody reads; nobody has them but who asks to join everything that is listed. */
const MOST_NOTICES = 200
const MEMBER_COUNT = '(SELECT COUNT(*) FROM member WHERE group_id = grp.id)'

export class SqliteMembershipReader extends MembershipReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  get #view(): SqliteView {
    return this.projection.view
  }

  group(groupId: string): GroupRecord | undefined {
    const row = this.#view.get<GroupRow>('SELECT * FROM grp WHERE id = ? AND deleted = 0', groupId)
    return row && groupOf(row)
  }

  standing(groupId: string, userId: string): MemberStanding | undefined {
    return this.#view.get<MemberStanding>(
      `SELECT role, COALESCE(until, 0) AS mutedUntil
       FROM member LEFT JOIN mute USING (group_id, user_id) WHERE group_id = ? AND user_id = ?`,
      groupId,
      userId,
    )
  }

  members(groupId: string): readonly MemberRecord[] {
    return this.#view.all<MemberRecord>(
      `SELECT user_id AS userId, role, joined_at AS joinedAt, COALESCE(until, 0) AS mutedUntil
       FROM member LEFT JOIN mute USING (group_id, user_id) WHERE group_id = ? ORDER BY role DESC, joined_seq, joined_index`,
      groupId,
    )
  }

  memberCount(groupId: string): number {
    return this.#view.get<{ n: number }>('SELECT COUNT(*) AS n FROM member WHERE group_id = ?', groupId)?.n ?? 0
  }

  groupsOf(userId: string, afterGroupId: string, limit: number): readonly MyGroupRecord[] {
    const rows = this.#view.all<MyGroupRow>(
      `SELECT grp.*, mine.role AS role, ${MEMBER_COUNT} AS member_count,
         (SELECT COUNT(*) FROM join_request WHERE group_id = grp.id) AS join_requests,
         COALESCE((SELECT until FROM mute WHERE group_id = grp.id AND user_id = mine.user_id), 0) AS muted_until,
         (SELECT user_id FROM member WHERE group_id = grp.id AND user_id <> mine.user_id AND grp.kind = ${GroupKind.DIRECT}) AS peer_id
       FROM member AS mine JOIN grp ON grp.id = mine.group_id WHERE mine.user_id = ? AND grp.id > ? ORDER BY grp.id LIMIT ?`,
      userId,
      afterGroupId,
      limit,
    )
    return rows.map((row) => ({
      ...groupOf(row),
      role: row.role,
      memberCount: row.member_count,
      joinRequestCount: row.join_requests,
      mutedUntil: row.muted_until,
      peerId: row.peer_id ?? undefined,
      lastActivityAt: row.last_activity_at,
      lastMessageSeq: row.last_message_seq,
    }))
  }

  positionsOf(userId: string): readonly GroupPosition[] {
    const rows = this.#view.all<PositionRow>(
      'SELECT grp.id, roster_seq, settings, role, joined_seq FROM member JOIN grp ON grp.id = member.group_id WHERE user_id = ?',
      userId,
    )
    return rows.map((row) => ({
      groupId: row.id,
      rosterSeq: row.roster_seq,
      hiddenUpToSeq: hiddenUpTo(settingsOf(row)?.newcomerHistory, row.role, row.joined_seq),
    }))
  }

  discover(userId: string, text: string, limit: number): readonly FoundGroupRecord[] {
    const rows = this.#view.all<FoundGroupRow>(
      `SELECT grp.*, ${MEMBER_COUNT} AS member_count,
         EXISTS (SELECT 1 FROM member WHERE group_id = grp.id AND user_id = ?) AS member,
         EXISTS (SELECT 1 FROM join_request WHERE group_id = grp.id AND user_id = ?) AS requested
       FROM grp WHERE discoverability > ${Discoverability.HIDDEN} AND deleted = 0 AND archived = 0 AND search_name LIKE ? ESCAPE '\\'
       ORDER BY member_count DESC, name LIMIT ?`,
      userId,
      userId,
      `%${foldText(text).replace(/[\\%_]/g, '\\$&')}%`,
      limit,
    )
    return rows.map((row) => ({
      ...groupOf(row),
      memberCount: row.member_count,
      isMember: row.member === 1,
      hasRequested: row.requested === 1,
    }))
  }

  bans(groupId: string, now: number): readonly BanRecord[] {
    const rows = this.#view.all<BanRow>(
      `SELECT user_id, banned_by, banned_at, expires_at,
         CASE WHEN EXISTS (SELECT 1 FROM deleted_account AS gone WHERE gone.user_id IN (ban.user_id, banned_by)) THEN '' ELSE reason END AS reason
       FROM ban WHERE group_id = ? AND (expires_at = 0 OR expires_at > ?) ORDER BY banned_at DESC, user_id`,
      groupId,
      now,
    )
    return rows.map((row) => ({ userId: row.user_id, ...banOf(row) }))
  }

  joinRequests(groupId: string): readonly JoinRequestRecord[] {
    const sql = 'SELECT * FROM join_request WHERE group_id = ? ORDER BY requested_at, user_id'
    const rows = this.#view.all<JoinRequestRow>(sql, groupId)
    return rows.map((row) => ({ userId: row.user_id, ...joinRequestOf(row) }))
  }

  hasJoinRequest(groupId: string, userId: string): boolean {
    const sql = 'SELECT 1 FROM join_request WHERE group_id = ? AND user_id = ?'
    return this.#view.get(sql, groupId, userId) !== undefined
  }

  notices(userId: string, since: number): readonly NoticeRecord[] {
    return this.#view.all<NoticeRecord>(
      `SELECT group_id AS groupId, group_name AS groupName, avatar_file_id AS avatarFileId, kind, by_user_id AS "by", expires_at AS expiresAt,
         at, seq, CASE WHEN by_user_id IN (SELECT user_id FROM deleted_account) THEN '' ELSE reason END AS reason
       FROM notice WHERE user_id = ? AND (kind = ${NoticeKind.REQUESTED} OR at >= ?) ORDER BY at DESC, group_id LIMIT ${MOST_NOTICES}`,
      userId,
      since,
    )
  }

  isBlocked(one: string, other: string): boolean {
    const sql = 'SELECT 1 FROM block WHERE (user_id, other_id) IN (VALUES (?, ?), (?, ?)) LIMIT 1'
    return this.#view.get(sql, one, other, other, one) !== undefined
  }

  whoMayAdd(userId: string): WhoMayAdd {
    const sql = 'SELECT who_may_add AS who FROM privacy WHERE user_id = ?'
    return this.#view.get<{ who: WhoMayAdd }>(sql, userId)?.who || WhoMayAdd.EVERYBODY
  }

  isContact(userId: string, otherId: string): boolean {
    const sql = `SELECT 1 FROM member AS mine JOIN member AS theirs ON theirs.group_id = mine.group_id AND theirs.user_id = ?
       JOIN grp ON grp.id = mine.group_id
       LEFT JOIN wrote_in_chat AS wrote ON wrote.group_id = mine.group_id AND wrote.user_id = mine.user_id
       WHERE mine.user_id = ? AND grp.deleted = 0
         AND (grp.kind = ${GroupKind.GROUP} OR (grp.kind = ${GroupKind.DIRECT} AND wrote.user_id IS NOT NULL)) LIMIT 1`
    return this.#view.get(sql, otherId, userId) !== undefined
  }
}
