import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission, PermissionOverrideSchema } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import {
  Discoverability,
  GroupCreatedSchema,
  GroupDeletedSchema,
  GroupKind,
  type GroupSettings,
  GroupSettingsSchema,
  GroupUpdatedSchema,
  NewcomerHistory,
  WebhookCreatedSchema,
  WebhookDeletedSchema,
} from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import {
  cleanLine,
  cleanName,
  cleanText,
  MEMBER_LIMIT,
  OVERRIDABLE,
  type PermissionScope,
  permit,
  requireRoom,
  type Standing,
} from '@beseda/rules'
import { create, equals } from '@bufbuild/protobuf'
import { applyChange, changesOf, type Group } from './group-changes.js'

type EventBody = Event['body']

/** What one request changes; undefined: stays. */
export interface GroupUpdate {
  readonly name?: string | undefined
  readonly topic?: string | undefined
  readonly avatarFileId?: string | undefined
  readonly settings?: GroupSettings | undefined
  readonly archived?: boolean | undefined
}

/** The member who sends a command (role undefined: not a member), and when (Unix ms). */
export interface ByMember extends Standing {
  readonly now: number
}

export type GroupCommand =
  | {
      readonly type: 'Create'
      readonly kind: GroupKind
      readonly name: string
      readonly topic: string
      readonly founderId: string
      /** The others. */
      readonly memberIds: readonly string[]
    }
  | ({ readonly type: 'Update'; readonly update: GroupUpdate } & ByMember)
  | ({ readonly type: 'Delete' } & ByMember)
  /** When nobody is left, or by an administrator of the installation. */
  | { readonly type: 'Close' }
  /** By an administrator of the installation. */
  | { readonly type: 'SetArchived'; readonly archived: boolean }
  | ({
      readonly type: 'CreateWebhook'
      readonly webhookId: string
      readonly name: string
      readonly tokenHash: Uint8Array
    } & ByMember)
  | ({ readonly type: 'DeleteWebhook'; readonly webhookId: string } & ByMember)

export const groupDecider: Decider<Group, GroupCommand, EventBody> = {
  initialState: undefined,

  decide(command, group) {
    if (command.type === 'Create') return group ? [] : createGroup(command)
    if (command.type === 'Close') return group && !group.deleted ? [deleted()] : []
    if (command.type === 'SetArchived') {
      requireShared(group)
      if (group.archived === command.archived) return []
      return [{ case: 'groupUpdated', value: create(GroupUpdatedSchema, { archived: command.archived }) }]
    }
    if (!group || command.role === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    if (group.deleted) throw new Refusal(ErrorReason.GROUP_DELETED)
    if (group.kind === GroupKind.DIRECT) throw new Refusal(ErrorReason.DIRECT_CHAT)
    const scope = { kind: group.kind, overrides: group.settings.permissions }
    switch (command.type) {
      case 'Update':
        return update(group, scope, command, command.update)
      case 'Delete':
        permit(Permission.DELETE_GROUP, scope, command, command.now)
        return [deleted()]
      case 'CreateWebhook': {
        permit(Permission.MANAGE_WEBHOOKS, scope, command, command.now)
        requireRoom('webhooks', group.webhooks.size)
        const { webhookId, tokenHash } = command
        const name = cleanName('name', command.name)
        return [{ case: 'webhookCreated', value: create(WebhookCreatedSchema, { webhookId, name, tokenHash }) }]
      }
      case 'DeleteWebhook': {
        permit(Permission.MANAGE_WEBHOOKS, scope, command, command.now)
        if (!group.webhooks.has(command.webhookId)) throw new Refusal(ErrorReason.WEBHOOK_NOT_FOUND)
        return [{ case: 'webhookDeleted', value: create(WebhookDeletedSchema, { webhookId: command.webhookId }) }]
      }
    }
  },

  evolve: (group, event) => changesOf(event).reduce<Group>(applyChange, group),
}

/** The group exists and is no direct chat. Errors: GROUP_NOT_FOUND, DIRECT_CHAT. */
export function requireShared(group: Group): asserts group is NonNullable<Group> {
  if (!group || group.deleted) throw new Refusal(ErrorReason.GROUP_NOT_FOUND)
  if (group.kind === GroupKind.DIRECT) throw new Refusal(ErrorReason.DIRECT_CHAT)
}

const deleted = (): EventBody => ({ case: 'groupDeleted', value: create(GroupDeletedSchema) })

function createGroup({
  kind,
  name,
  topic,
  founderId,
  memberIds,
}: Extract<GroupCommand, { type: 'Create' }>): EventBody[] {
  const members = [...new Set([founderId, ...memberIds])]
  const limit = MEMBER_LIMIT[kind]
  if (members.length > limit) throw new Refusal(ErrorReason.GROUP_FULL, { limit: String(limit) })
  const direct = kind === GroupKind.DIRECT
  if (direct && members.length !== 2) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'member_ids' })
  const value = create(GroupCreatedSchema, {
    kind,
    name: direct ? '' : cleanName('name', name),
    topic: direct ? '' : cleanText('topic', topic).trim(),
    ownerId: direct ? '' : founderId,
    memberIds: members,
  })
  return [{ case: 'groupCreated', value }]
}

/** What the event of an update says, where it says anything. Errors: INVALID_REQUEST, BAD_TEXT. */
export const tidyUpdate = ({ name, topic, avatarFileId, archived, settings }: GroupUpdate): GroupUpdate => ({
  name: name === undefined ? undefined : cleanName('name', name),
  topic: topic === undefined ? undefined : cleanText('topic', topic).trim(),
  avatarFileId: avatarFileId === undefined ? undefined : cleanLine('avatar_file_id', avatarFileId),
  archived,
  settings: settings && settle(settings),
})

function update(group: NonNullable<Group>, scope: PermissionScope, by: ByMember, change: GroupUpdate): EventBody[] {
  const { settings, ...wanted } = tidyUpdate(change)
  const changed = Object.fromEntries(
    Object.entries(wanted).filter(
      ([field, value]) => value !== undefined && value !== group[field as keyof typeof wanted],
    ),
  ) as Omit<GroupUpdate, 'settings'>
  const newSettings = settings && !equals(GroupSettingsSchema, settings, group.settings) ? settings : undefined
  if (changed.archived !== undefined) permit(Permission.ARCHIVE, scope, by, by.now)
  if (group.archived && changed.archived !== false) throw new Refusal(ErrorReason.ARCHIVED)
  if (Object.keys(changed).some((field) => field !== 'archived')) permit(Permission.CHANGE_INFO, scope, by, by.now)
  if (newSettings) permitSettings(group.settings, newSettings, scope, by)
  if (Object.keys(changed).length === 0 && !newSettings) return []
  const value = create(GroupUpdatedSchema, {
    ...(changed as object),
    ...(newSettings ? { settings: newSettings } : {}),
  })
  return [{ case: 'groupUpdated', value }]
}

/** The owner changes the permissions; admins change all other settings. */
function permitSettings(before: GroupSettings, after: GroupSettings, scope: PermissionScope, by: ByMember): void {
  const [old, wanted] = [before, after].map((settings) =>
    create(GroupSettingsSchema, { permissions: settings.permissions }),
  )
  if (old && wanted && !equals(GroupSettingsSchema, old, wanted))
    permit(Permission.CHANGE_PERMISSIONS, scope, by, by.now)
  const rest = (settings: GroupSettings) => create(GroupSettingsSchema, { ...settings, permissions: [] })
  if (!equals(GroupSettingsSchema, rest(before), rest(after))) permit(Permission.CHANGE_SETTINGS, scope, by, by.now)
}

/** Settings in one form: unset choices become the defaults; one entry for each permission, in the order of the table. */
function settle(settings: GroupSettings): GroupSettings {
  const overrides = new Map(settings.permissions.map(({ permission, leastRole }) => [permission, leastRole]))
  for (const [permission, role] of overrides) {
    const known = OVERRIDABLE.includes(permission) && role >= Role.MEMBER && role <= Role.OWNER
    if (!known) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'settings.permissions' })
  }
  return create(GroupSettingsSchema, {
    ...settings,
    permissions: OVERRIDABLE.flatMap((permission) => {
      const leastRole = overrides.get(permission)
      return leastRole === undefined ? [] : [create(PermissionOverrideSchema, { permission, leastRole })]
    }),
    newcomerHistory: settings.newcomerHistory || NewcomerHistory.ALL,
    discoverability: settings.discoverability || Discoverability.HIDDEN,
  })
}
