import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, type GroupSettings, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import type { SettingsInput } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { GroupPicture } from '../../application/group-queries.js'
import type { WebhookRecord } from '../../application/records.js'

export const toGroup = ({ group, members }: GroupPicture) => ({
  id: group.id,
  kind: group.kind,
  name: group.name,
  topic: group.topic,
  createdAt: timestampFromMs(group.createdAt),
  memberCount: members.length,
  ownerId: members.find(({ role }) => role === Role.OWNER)?.userId ?? '',
  directUserIds: group.kind === GroupKind.DIRECT ? members.map(({ userId }) => userId) : [],
  avatarFileId: group.avatarFileId,
  settings: group.settings,
  archived: group.archived,
})

export const toWebhook = ({ id, name, createdBy, createdAt }: WebhookRecord) => ({
  id,
  name,
  createdBy,
  createdAt: timestampFromMs(createdAt),
})

/** The settings that are stored, of those that a client sends: the fields are the same. */
export const settingsFrom = (input: SettingsInput): GroupSettings => {
  const { $typeName: _, $unknown: __, ...settings } = input
  return create(GroupSettingsSchema, settings)
}
