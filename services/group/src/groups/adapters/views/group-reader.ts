import type { SqliteView } from '@beseda/event-log'
import type { Role } from '@beseda/proto/common/v1/roles'
import { type GroupCreated, GroupKind, type GroupSettings, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { EventSchema } from '@beseda/proto/log/v1/commit'
import { hiddenUpTo, type PermissionScope } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'
import type { Reader } from '../../../messages/adapters/views/message-reader.js'
import { DEFAULT_SETTINGS, type Group } from '../../domain/group.js'

export interface GroupRow {
  readonly id: string
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  readonly created_at: number
  readonly founder_id: string
  readonly deleted: number
  readonly group_seq: number
  /** 0: none since the founding. */
  readonly roster_seq: number
  readonly messages_seq: number
  readonly avatar_file_id: string
  readonly archived: number
  readonly settings: Uint8Array | null
}

export interface MemberRow {
  readonly user_id: string
  readonly role: Role
  /** Where the person came in. */
  readonly joined_seq: number
  /** Unix ms. */
  readonly muted_until: number
}

export interface WebhookRow {
  readonly id: string
  readonly group_id: string
  readonly name: string
  readonly created_by: string
  readonly created_at: number
}

export const groupById = (view: SqliteView, groupId: string) =>
  view.get<GroupRow>('SELECT * FROM grp WHERE id = ?', groupId)

/** Of a row, once: several rules look at them. */
const decoded = new WeakMap<Uint8Array, GroupSettings>()

export function settingsOf({ settings }: Pick<GroupRow, 'settings'>): GroupSettings {
  if (!settings) return DEFAULT_SETTINGS
  let found = decoded.get(settings)
  if (!found) {
    found = fromBinary(GroupSettingsSchema, settings)
    decoded.set(settings, found)
  }
  return found
}

export const scopeOf = (group: GroupRow): PermissionScope => ({
  kind: group.kind,
  overrides: settingsOf(group).permissions,
})

export const memberOf = (view: SqliteView, groupId: string, userId: string) =>
  view.get<MemberRow>('SELECT * FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)

export const membersOf = (view: SqliteView, groupId: string) =>
  view.all<MemberRow>('SELECT user_id, role, joined_seq, muted_until FROM member WHERE group_id = ?', groupId)

export const groupIdsOf = (view: SqliteView, userId: string): string[] =>
  view.all<{ id: string }>('SELECT group_id AS id FROM member WHERE user_id = ?', userId).map(({ id }) => id)

/** Messages at and before this sequence are not for this member. */
export const hiddenBefore = (group: GroupRow, { role, joined_seq }: MemberRow): number =>
  hiddenUpTo(settingsOf(group).newcomerHistory, role, joined_seq)

/** Somebody who looks at a group; undefined: no member of one that is there. */
export function readerIn(view: SqliteView, groupId: string, userId: string, now: number): Reader | undefined {
  const group = groupById(view, groupId)
  const member = memberOf(view, groupId, userId)
  if (!group || !member || group.deleted === 1) return undefined
  return { userId, hiddenBefore: hiddenBefore(group, member), now }
}

/** The direct chat of exactly these two people. Earlier releases may have left them more than one: the oldest is the one they know. */
export const directChatOf = (view: SqliteView, one: string, other: string): string | undefined =>
  view.get<{ id: string }>(
    `SELECT grp.id FROM member AS mine JOIN member AS theirs ON theirs.group_id = mine.group_id AND theirs.user_id = ?
       JOIN grp ON grp.id = mine.group_id
     WHERE mine.user_id = ? AND grp.kind = ? AND grp.deleted = 0 AND (SELECT COUNT(*) FROM member WHERE group_id = grp.id) = 2
     ORDER BY grp.created_at, grp.id LIMIT 1`,
    other,
    one,
    GroupKind.DIRECT,
  )?.id

/** The event that a group began with; undefined: the group is unknown or deleted. */
export function foundingOf(view: SqliteView, groupId: string): GroupCreated | undefined {
  const first = view.get<{ event: Uint8Array }>(
    'SELECT event FROM audit WHERE group_id = ? ORDER BY seq, idx LIMIT 1',
    groupId,
  )
  const body = first && fromBinary(EventSchema, first.event).body
  return body?.case === 'groupCreated' ? body.value : undefined
}

/** Webhooks of earlier releases have ids that a client chose, perhaps a person's. */
export const isPerson = (view: SqliteView, id: string): boolean =>
  view.get('SELECT 1 FROM member WHERE user_id = ? LIMIT 1', id) !== undefined

export const commandById = (view: SqliteView, commandId: string) =>
  view.get<{ group_id: string; actor_id: string; seq: number }>('SELECT * FROM command WHERE id = ?', commandId)

export const webhooksOf = (view: SqliteView, groupId: string) =>
  view.all<WebhookRow>('SELECT * FROM webhook WHERE group_id = ? ORDER BY created_at, id', groupId)

export const webhookByToken = (view: SqliteView, tokenHash: Uint8Array) =>
  view.get<WebhookRow>('SELECT * FROM webhook WHERE token_hash = ?', tokenHash)

/** Either has blocked the other. */
export const isBlocked = (view: SqliteView, one: string, other: string): boolean =>
  view.get(
    'SELECT 1 FROM block WHERE (user_id, other_id) IN (VALUES (?, ?), (?, ?)) LIMIT 1',
    one,
    other,
    other,
    one,
  ) !== undefined

/** The aggregate, with the sequence of its lane. */
export function loadGroup(view: SqliteView, groupId: string): { state: Group; lastSeq: number } {
  const row = groupById(view, groupId)
  if (!row) return { state: undefined, lastSeq: 0 }
  const webhooks = new Set(webhooksOf(view, groupId).map(({ id }) => id))
  const { kind, name, topic, avatar_file_id: avatarFileId } = row
  const flags = { archived: row.archived === 1, deleted: row.deleted === 1 }
  return {
    state: { kind, name, topic, avatarFileId, settings: settingsOf(row), ...flags, webhooks },
    lastSeq: row.group_seq,
  }
}
