import {
  Discoverability,
  type GroupKind,
  type GroupSettings,
  GroupSettingsSchema,
  NewcomerHistory,
} from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'

/** What a group is, without its people and messages; undefined: not created. A deleted group has nothing left but its kind. */
export type Group =
  | {
      readonly kind: GroupKind
      readonly name: string
      readonly topic: string
      readonly avatarFileId: string
      readonly settings: GroupSettings
      readonly archived: boolean
      readonly deleted: boolean
      readonly webhooks: ReadonlySet<string>
    }
  | undefined

export const DEFAULT_SETTINGS: GroupSettings = create(GroupSettingsSchema, {
  newcomerHistory: NewcomerHistory.ALL,
  discoverability: Discoverability.HIDDEN,
})

/** What one event changes of a group; the fold and the view both apply it. */
export type GroupChange =
  | { readonly type: 'created'; readonly kind: GroupKind; readonly name: string; readonly topic: string }
  /** Undefined fields stay. */
  | {
      readonly type: 'updated'
      readonly name: string | undefined
      readonly topic: string | undefined
      readonly avatarFileId: string | undefined
      readonly settings: GroupSettings | undefined
      readonly archived: boolean | undefined
    }
  | { readonly type: 'deleted' }
  | {
      readonly type: 'webhookCreated'
      readonly webhookId: string
      readonly name: string
      readonly tokenHash: Uint8Array
    }
  | { readonly type: 'webhookDeleted'; readonly webhookId: string }

export function changesOf(body: Event['body']): readonly GroupChange[] {
  switch (body.case) {
    case 'groupCreated': {
      const { kind, name, topic } = body.value
      return [{ type: 'created', kind, name, topic }]
    }
    case 'groupUpdated': {
      const { name, topic, avatarFileId, settings, archived } = body.value
      return [{ type: 'updated', name, topic, avatarFileId, settings, archived }]
    }
    case 'groupDeleted':
      return [{ type: 'deleted' }]
    case 'webhookCreated': {
      const { webhookId, name, tokenHash } = body.value
      return [{ type: 'webhookCreated', webhookId, name, tokenHash }]
    }
    case 'webhookDeleted':
      return [{ type: 'webhookDeleted', webhookId: body.value.webhookId }]
    default:
      return []
  }
}

/** A group is created once, and nothing changes after its end. */
export function applyChange(group: Group, change: GroupChange): Group {
  if (!group) return change.type === 'created' ? created(change) : undefined
  if (group.deleted) return group
  switch (change.type) {
    case 'created':
      return group
    case 'updated':
      return {
        ...group,
        name: change.name ?? group.name,
        topic: change.topic ?? group.topic,
        avatarFileId: change.avatarFileId ?? group.avatarFileId,
        settings: change.settings ?? group.settings,
        archived: change.archived ?? group.archived,
      }
    case 'deleted':
      return { ...created({ kind: group.kind, name: '', topic: '' }), archived: group.archived, deleted: true }
    case 'webhookCreated':
      return { ...group, webhooks: new Set([...group.webhooks, change.webhookId]) }
    case 'webhookDeleted':
      return { ...group, webhooks: new Set([...group.webhooks].filter((id) => id !== change.webhookId)) }
  }
}

const created = ({ kind, name, topic }: { kind: GroupKind; name: string; topic: string }) => ({
  kind,
  name,
  topic,
  avatarFileId: '',
  settings: DEFAULT_SETTINGS,
  archived: false,
  deleted: false,
  webhooks: new Set<string>(),
})
