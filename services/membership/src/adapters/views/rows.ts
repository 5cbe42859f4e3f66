import type { Role } from '@beseda/proto/common/v1/roles'
import {
  type Discoverability,
  type GroupKind,
  type GroupSettings,
  GroupSettingsSchema,
} from '@beseda/proto/group/v1/events'
import { fromBinary } from '@bufbuild/protobuf'
import type { GroupRecord } from '../../application/ports.js'
import type { Ban, Invite, JoinRequest } from '../../domain/roster/roster.js'

/** Rows of the view. No code outside of this folder sees one. */
export interface GroupRow {
  readonly id: string
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  readonly avatar_file_id: string
  readonly archived: number
  readonly settings: Uint8Array | null
  readonly discoverability: Discoverability
  readonly deleted: number
  readonly roster_seq: number
  readonly last_activity_at: number
  readonly last_message_seq: number
}

export interface MemberRow {
  readonly user_id: string
  readonly role: Role
  readonly joined_at: number
  readonly joined_seq: number
  readonly joined_index: number
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

export interface InviteRow {
  readonly group_id: string
  readonly id: string
  readonly code_hash: Uint8Array
  readonly created_by: string
  readonly created_at: number
  readonly expires_at: number
  readonly max_uses: number
  readonly uses: number
  readonly role: Role
  readonly revoked: number
  readonly needs_approval: number
  readonly command_id: string
  readonly name: string
}

export const settingsOf = ({ settings }: Pick<GroupRow, 'settings'>): GroupSettings | undefined =>
  settings ? fromBinary(GroupSettingsSchema, settings) : undefined

export const groupOf = (row: GroupRow): GroupRecord => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  topic: row.topic,
  avatarFileId: row.avatar_file_id,
  archived: row.archived === 1,
  settings: settingsOf(row),
})

export const banOf = (row: BanRow): Ban => ({
  reason: row.reason,
  bannedBy: row.banned_by,
  bannedAt: row.banned_at,
  expiresAt: row.expires_at,
})

export const joinRequestOf = (row: JoinRequestRow): JoinRequest => ({
  inviteId: row.invite_id,
  note: row.note,
  requestedAt: row.requested_at,
})

export const inviteOf = (row: InviteRow): Invite => ({
  id: row.id,
  codeHash: row.code_hash,
  createdBy: row.created_by,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  maxUses: row.max_uses,
  uses: row.uses,
  role: row.role,
  revoked: row.revoked === 1,
  needsApproval: row.needs_approval === 1,
  commandId: row.command_id,
  name: row.name,
})
