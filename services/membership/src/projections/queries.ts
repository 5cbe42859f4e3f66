import type { SqliteView } from '@beseda/event-log'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { Role } from '@beseda/proto/membership/v1/events'
import type { Roster } from '../domain/roster.js'
import { invitesOf } from './invites.js'

export interface GroupRow {
  readonly id: string
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  readonly roster_seq: number
  readonly last_activity_at: number
  readonly last_message_seq: number
}

export interface MemberRow {
  readonly user_id: string
  readonly role: Role
  readonly joined_at: number
}

export type MyGroupRow = GroupRow & {
  readonly role: Role
  readonly member_count: number
  /** The other person of a direct chat. */
  readonly peer_id: string | null
}

export const groupById = (view: SqliteView, groupId: string) =>
  view.get<GroupRow>('SELECT * FROM grp WHERE id = ? AND deleted = 0', groupId)

export const roleOf = (view: SqliteView, groupId: string, userId: string): Role | undefined =>
  view.get<{ role: Role }>('SELECT role FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)?.role

/** Owner, admins, members; each by time of joining. */
export const membersOf = (view: SqliteView, groupId: string) =>
  view.all<MemberRow>(
    'SELECT user_id, role, joined_at FROM member WHERE group_id = ? ORDER BY role DESC, joined_at, user_id',
    groupId,
  )

export const memberCount = (view: SqliteView, groupId: string): number =>
  view.get<{ n: number }>('SELECT COUNT(*) AS n FROM member WHERE group_id = ?', groupId)?.n ?? 0

export const groupsOf = (view: SqliteView, userId: string) =>
  view.all<MyGroupRow>(
    `SELECT grp.*, mine.role AS role,
       (SELECT COUNT(*) FROM member WHERE group_id = grp.id) AS member_count,
       (SELECT user_id FROM member WHERE group_id = grp.id AND user_id <> mine.user_id AND grp.kind = ${GroupKind.DIRECT}) AS peer_id
     FROM member AS mine JOIN grp ON grp.id = mine.group_id WHERE mine.user_id = ? ORDER BY last_activity_at DESC, grp.id`,
    userId,
  )

export const groupPositionsOf = (view: SqliteView, userId: string) =>
  view.all<{ id: string; roster_seq: number }>(
    'SELECT grp.id, grp.roster_seq FROM member JOIN grp ON grp.id = member.group_id WHERE user_id = ?',
    userId,
  )

export const commandById = (view: SqliteView, commandId: string) =>
  view.get<{ actor_id: string; seq: number }>('SELECT actor_id, seq FROM command WHERE id = ?', commandId)

/** The aggregate, with the sequence of its lane. */
export function loadRoster(view: SqliteView, groupId: string): { state: Roster; lastSeq: number } {
  const group = view.get<{ kind: GroupKind; roster_seq: number }>(
    'SELECT kind, roster_seq FROM grp WHERE id = ?',
    groupId,
  )
  const members = new Map(membersOf(view, groupId).map(({ user_id, role }) => [user_id, role]))
  const state = { kind: group?.kind ?? GroupKind.UNSPECIFIED, members, invites: invitesOf(view, groupId) }
  return { state, lastSeq: group?.roster_seq ?? 0 }
}
