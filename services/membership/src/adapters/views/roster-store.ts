import type { Projection, SqliteView } from '@beseda/event-log'
import { Discoverability } from '@beseda/proto/group/v1/events'
import { type DoneCommand, RosterStore } from '../../application/ports.js'
import { EMPTY_ROSTER, type Roster } from '../../domain/roster/roster.js'
import {
  type BanRow,
  banOf,
  type GroupRow,
  type InviteRow,
  inviteOf,
  type JoinRequestRow,
  joinRequestOf,
  type MemberRow,
  settingsOf,
} from './rows.js'

/** Loads rosters from the view that a projection keeps. */
export class SqliteRosterStore extends RosterStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  load(groupId: string): { state: Roster; lastSeq: number } {
    return loadRoster(this.projection.view, groupId)
  }

  isMember(groupId: string, userId: string): boolean {
    const sql = 'SELECT 1 FROM member WHERE group_id = ? AND user_id = ?'
    return this.projection.view.get(sql, groupId, userId) !== undefined
  }

  isFindable(groupId: string): boolean {
    const sql = 'SELECT 1 FROM grp WHERE id = ? AND discoverability > ? AND deleted = 0'
    return this.projection.view.get(sql, groupId, Discoverability.HIDDEN) !== undefined
  }

  command(commandId: string): DoneCommand | undefined {
    return this.projection.view.get(
      'SELECT group_id AS groupId, actor_id AS actorId, seq, kind, about, terms FROM command WHERE id = ?',
      commandId,
    )
  }
}

export function statusOf(view: SqliteView, groupId: string): Roster['status'] {
  const group = view.get<Pick<GroupRow, 'deleted'>>('SELECT deleted FROM grp WHERE id = ?', groupId)
  if (!group) return 'not created'
  return group.deleted === 1 ? 'deleted' : 'open'
}

export function loadRoster(view: SqliteView, groupId: string): { state: Roster; lastSeq: number } {
  const group = view.get<GroupRow>('SELECT * FROM grp WHERE id = ?', groupId)
  if (!group) return { state: EMPTY_ROSTER, lastSeq: 0 }
  const state: Roster = {
    ...(group.deleted === 1 ? { ...EMPTY_ROSTER, status: 'deleted' } : openGroupOf(group)),
    members: membersOf(view, groupId),
    mutes: mutesOf(view, groupId),
    invites: invitesOf(view, groupId),
    bans: bansOf(view, groupId),
    requests: requestsOf(view, groupId),
  }
  return { state, lastSeq: group.roster_seq }
}

const openGroupOf = (group: GroupRow) => ({
  status: 'open' as const,
  kind: group.kind,
  archived: group.archived === 1,
  discoverability: group.discoverability,
  overrides: settingsOf(group)?.permissions,
})

const membersOf = (view: SqliteView, groupId: string): Roster['members'] =>
  new Map(
    view
      .all<MemberRow>('SELECT * FROM member WHERE group_id = ? ORDER BY joined_seq, joined_index', groupId)
      .map(({ user_id, role, joined_at, joined_seq, joined_index }) => [
        user_id,
        { role, joinedAt: joined_at, ordinal: { seq: joined_seq, index: joined_index } },
      ]),
  )

const mutesOf = (view: SqliteView, groupId: string): Roster['mutes'] =>
  new Map(
    view
      .all<{ user_id: string; until: number }>('SELECT user_id, until FROM mute WHERE group_id = ?', groupId)
      .map(({ user_id, until }) => [user_id, until]),
  )

const invitesOf = (view: SqliteView, groupId: string): Roster['invites'] =>
  new Map(view.all<InviteRow>('SELECT * FROM invite WHERE group_id = ?', groupId).map((row) => [row.id, inviteOf(row)]))

const bansOf = (view: SqliteView, groupId: string): Roster['bans'] =>
  new Map(view.all<BanRow>('SELECT * FROM ban WHERE group_id = ?', groupId).map((row) => [row.user_id, banOf(row)]))

const requestsOf = (view: SqliteView, groupId: string): Roster['requests'] =>
  new Map(
    view
      .all<JoinRequestRow>('SELECT * FROM join_request WHERE group_id = ?', groupId)
      .map((row) => [row.user_id, joinRequestOf(row)]),
  )
