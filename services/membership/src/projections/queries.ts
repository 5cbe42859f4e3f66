import type { SqliteView } from '@beseda/event-log'
import type { Role } from '@beseda/proto/common/v1/roles'
import { type Discoverability, GroupKind, type GroupSettings, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { foldText, hiddenUpTo } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'
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
  readonly avatar_file_id: string
  readonly archived: number
  readonly settings: Uint8Array | null
  readonly discoverability: Discoverability
}

export interface BanRow {
  readonly user_id: string
  readonly reason: string
  readonly banned_by: string
  readonly banned_at: number
  readonly expires_at: number
}

export interface JoinRequestRow {
  readonly user_id: string
  readonly invite_id: string
  readonly note: string
  readonly requested_at: number
}

export interface MemberRow {
  readonly user_id: string
  readonly role: Role
  readonly joined_at: number
  /** Unix ms. */
  readonly muted_until: number
}

export type MyGroupRow = GroupRow & {
  readonly role: Role
  readonly member_count: number
  readonly muted_until: number
  readonly join_requests: number
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
    'SELECT user_id, role, joined_at, muted_until FROM member WHERE group_id = ? ORDER BY role DESC, joined_at, user_id',
    groupId,
  )

export const memberCount = (view: SqliteView, groupId: string): number =>
  view.get<{ n: number }>('SELECT COUNT(*) AS n FROM member WHERE group_id = ?', groupId)?.n ?? 0

/** With the longest topics so many groups are 0.7 MB; the bus carries 1 MB. */
const GROUPS_A_PAGE = 150

/** One page of a person's groups and whether there are more: by id, so that none is passed over when activity reorders them. */
export function groupsOf(view: SqliteView, userId: string, afterGroupId: string) {
  const rows = groupRowsOf(view, userId, afterGroupId)
  const groups = rows.slice(0, GROUPS_A_PAGE)
  return {
    groups: groups.sort((a, b) => b.last_activity_at - a.last_activity_at),
    hasMore: rows.length > groups.length,
  }
}

const groupRowsOf = (view: SqliteView, userId: string, afterGroupId: string) =>
  view.all<MyGroupRow>(
    `SELECT grp.*, mine.role AS role, mine.muted_until AS muted_until,
       (SELECT COUNT(*) FROM join_request WHERE group_id = grp.id) AS join_requests,
       (SELECT COUNT(*) FROM member WHERE group_id = grp.id) AS member_count,
       (SELECT user_id FROM member WHERE group_id = grp.id AND user_id <> mine.user_id AND grp.kind = ${GroupKind.DIRECT}) AS peer_id
     FROM member AS mine JOIN grp ON grp.id = mine.group_id WHERE mine.user_id = ? AND grp.id > ?
     ORDER BY grp.id LIMIT ${GROUPS_A_PAGE + 1}`,
    userId,
    afterGroupId,
  )

/** The groups of a person, each with the roster commit that this is true for. */
export const groupPositionsOf = (view: SqliteView, userId: string) =>
  view
    .all<Pick<GroupRow, 'id' | 'roster_seq' | 'settings'> & { role: Role; joined_seq: number }>(
      'SELECT grp.id, grp.roster_seq, settings, role, joined_seq FROM member JOIN grp ON grp.id = member.group_id WHERE user_id = ?',
      userId,
    )
    .map(({ id, roster_seq, settings, role, joined_seq }) => ({
      groupId: id,
      rosterSeq: BigInt(roster_seq),
      hiddenUpToSeq: BigInt(hiddenUpTo(settingsOf({ settings })?.newcomerHistory, role, joined_seq)),
    }))

export const commandById = (view: SqliteView, commandId: string) =>
  view.get<{ actor_id: string; seq: number }>('SELECT actor_id, seq FROM command WHERE id = ?', commandId)

export const settingsOf = ({ settings }: Pick<GroupRow, 'settings'>): GroupSettings | undefined =>
  settings ? fromBinary(GroupSettingsSchema, settings) : undefined

/** Those that have not ended. */
export const bansOf = (view: SqliteView, groupId: string, now: number) =>
  view.all<BanRow>(
    `SELECT user_id, banned_by, banned_at, expires_at,
       CASE WHEN EXISTS (SELECT 1 FROM gone WHERE gone.user_id IN (ban.user_id, banned_by)) THEN '' ELSE reason END AS reason
     FROM ban WHERE group_id = ? AND (expires_at = 0 OR expires_at > ?) ORDER BY banned_at DESC, user_id`,
    groupId,
    now,
  )

/** Oldest first. */
export const joinRequestsOf = (view: SqliteView, groupId: string) =>
  view.all<JoinRequestRow>('SELECT * FROM join_request WHERE group_id = ? ORDER BY requested_at, user_id', groupId)

export const hasJoinRequest = (view: SqliteView, groupId: string, userId: string): boolean =>
  view.get('SELECT 1 FROM join_request WHERE group_id = ? AND user_id = ?', groupId, userId) !== undefined

/** Groups that everybody can find, whose name holds the text. */
export const discoverable = (view: SqliteView, userId: string, text: string, limit: number) =>
  view.all<GroupRow & { member_count: number; member: number; requested: number }>(
    `SELECT grp.*, (SELECT COUNT(*) FROM member WHERE group_id = grp.id) AS member_count,
       EXISTS (SELECT 1 FROM member WHERE group_id = grp.id AND user_id = ?) AS member,
       EXISTS (SELECT 1 FROM join_request WHERE group_id = grp.id AND user_id = ?) AS requested
     FROM grp WHERE discoverability > 1 AND deleted = 0 AND archived = 0 AND search_name LIKE ? ESCAPE '\\'
     ORDER BY member_count DESC, name LIMIT ?`,
    userId,
    userId,
    `%${foldText(text).replace(/[\\%_]/g, '\\$&')}%`,
    limit,
  )

/** Either has blocked the other. */
export const isBlocked = (view: SqliteView, one: string, other: string): boolean =>
  view.get(
    'SELECT 1 FROM block WHERE (user_id, other_id) IN (VALUES (?, ?), (?, ?)) LIMIT 1',
    one,
    other,
    other,
    one,
  ) !== undefined

export const isGone = (view: SqliteView, userId: string): boolean =>
  view.get('SELECT 1 FROM gone WHERE user_id = ?', userId) !== undefined

/** Memberships, and requests to be let in, of people whose accounts are no more. */
export const departures = (view: SqliteView) =>
  view.all<{ group_id: string; user_id: string }>(
    `SELECT group_id, user_id FROM member JOIN gone USING (user_id)
     UNION SELECT group_id, user_id FROM join_request JOIN gone USING (user_id)`,
  )

/** The aggregate, with the sequence of its lane. */
export function loadRoster(view: SqliteView, groupId: string): { state: Roster; lastSeq: number } {
  const group = view.get<GroupRow>('SELECT * FROM grp WHERE id = ?', groupId)
  const state: Roster = {
    kind: group?.kind ?? GroupKind.UNSPECIFIED,
    archived: group?.archived === 1,
    discoverability: group?.discoverability ?? 0,
    overrides: group && settingsOf(group)?.permissions,
    members: membersByTime(view, groupId),
    invites: invitesOf(view, groupId),
    bans: new Map(
      bansOf(view, groupId, 0).map(({ user_id, reason, banned_by, expires_at }) => [
        user_id,
        { reason, bannedBy: banned_by, expiresAt: expires_at },
      ]),
    ),
    requests: new Map(
      joinRequestsOf(view, groupId).map(({ user_id, invite_id, note }) => [user_id, { inviteId: invite_id, note }]),
    ),
  }
  return { state, lastSeq: group?.roster_seq ?? 0 }
}

const membersByTime = (view: SqliteView, groupId: string): ReadonlyMap<string, Role> =>
  new Map(
    membersOf(view, groupId)
      .toSorted((a, b) => a.joined_at - b.joined_at)
      .map(({ user_id, role }) => [user_id, role]),
  )
