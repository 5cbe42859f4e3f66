import type { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind, GroupSettings } from '@beseda/proto/group/v1/events'
import type { PermissionScope } from '@beseda/rules'

export interface GroupRecord {
  readonly id: string
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  readonly avatarFileId: string
  readonly settings: GroupSettings
  readonly archived: boolean
  readonly deleted: boolean
  /** Unix ms. */
  readonly createdAt: number
  readonly founderId: string
  /** Sequence of the newest commit with messages that the view has folded. */
  readonly messagesSeq: number
}

export interface MemberRecord {
  readonly userId: string
  readonly role: Role
  /** Sequence of the commit with which the person joined. */
  readonly joinedSeq: number
  /** Unix ms; in the past: not muted. */
  readonly mutedUntil: number
}

export interface WebhookRecord {
  readonly id: string
  readonly groupId: string
  readonly name: string
  readonly createdBy: string
  /** Unix ms. */
  readonly createdAt: number
}

export const scopeOf = ({ kind, settings }: Pick<GroupRecord, 'kind' | 'settings'>): PermissionScope => ({
  kind,
  overrides: settings.permissions,
})
