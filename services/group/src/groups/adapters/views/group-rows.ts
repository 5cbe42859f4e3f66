import type { SqliteView } from '@beseda/event-log'
import type { Role } from '@beseda/proto/common/v1/roles'
import { type GroupKind, type GroupSettings, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { fromBinary } from '@bufbuild/protobuf'
import type { GroupRecord, MemberRecord, WebhookRecord } from '../../application/records.js'
import { DEFAULT_SETTINGS } from '../../domain/group-changes.js'

export interface GroupRow {
  readonly id: string
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  readonly created_at: number
  readonly founder_id: string
  readonly deleted: number
  readonly roster_seq: number
  readonly messages_seq: number
  readonly avatar_file_id: string
  readonly archived: number
  readonly settings: Uint8Array | null
}

export interface MemberRow {
  readonly user_id: string
  readonly role: Role
  readonly joined_seq: number
  readonly muted_until: number
}

export interface WebhookRow {
  readonly id: string
  readonly group_id: string
  readonly name: string
  readonly created_by: string
  readonly created_at: number
}

export const findGroup = (view: SqliteView, groupId: string): GroupRow | undefined =>
  view.get<GroupRow>('SELECT * FROM grp WHERE id = ?', groupId)

export const findWebhooks = (view: SqliteView, groupId: string): WebhookRow[] =>
  view.all<WebhookRow>('SELECT * FROM webhook WHERE group_id = ? ORDER BY created_at, id', groupId)

export const settingsOf = ({ settings }: Pick<GroupRow, 'settings'>): GroupSettings =>
  settings ? fromBinary(GroupSettingsSchema, settings) : DEFAULT_SETTINGS

export const groupRecord = (row: GroupRow): GroupRecord => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  topic: row.topic,
  avatarFileId: row.avatar_file_id,
  settings: settingsOf(row),
  archived: row.archived === 1,
  deleted: row.deleted === 1,
  createdAt: row.created_at,
  founderId: row.founder_id,
  messagesSeq: row.messages_seq,
})

export const memberRecord = (row: MemberRow): MemberRecord => ({
  userId: row.user_id,
  role: row.role,
  joinedSeq: row.joined_seq,
  mutedUntil: row.muted_until,
})

export const webhookRecord = (row: WebhookRow): WebhookRecord => ({
  id: row.id,
  groupId: row.group_id,
  name: row.name,
  createdBy: row.created_by,
  createdAt: row.created_at,
})
