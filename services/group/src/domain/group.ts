import { type Decider, MEMBER_LIMIT, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupCreatedSchema, GroupDeletedSchema, GroupKind, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { Role } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'

type EventBody = Event['body']

/** What a group is, without its people and messages; undefined: not founded. */
export type Group =
  | { readonly kind: GroupKind; readonly name: string; readonly topic: string; readonly deleted: boolean }
  | undefined

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
  | {
      readonly type: 'Update'
      readonly role: Role | undefined
      readonly name?: string | undefined
      readonly topic?: string | undefined
    }
  | { readonly type: 'Delete'; readonly role: Role | undefined }

export const groupDecider: Decider<Group, GroupCommand, EventBody> = {
  initialState: undefined,

  decide(command, group) {
    if (command.type === 'Create') return group ? [] : found(command)
    if (!group || command.role === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    if (group.deleted) throw new Refusal(ErrorReason.GROUP_DELETED)
    if (group.kind === GroupKind.DIRECT) throw new Refusal(ErrorReason.DIRECT_CHAT)
    if (command.type === 'Delete') {
      if (command.role !== Role.OWNER) throw new Refusal(ErrorReason.NOT_PERMITTED)
      return [{ case: 'groupDeleted', value: create(GroupDeletedSchema) }]
    }
    if (command.role < Role.ADMIN) throw new Refusal(ErrorReason.NOT_PERMITTED)
    const name = command.name === undefined ? undefined : nonBlank(command.name)
    const topic = command.topic?.trim()
    const changes = {
      ...(name === undefined || name === group.name ? {} : { name }),
      ...(topic === undefined || topic === group.topic ? {} : { topic }),
    }
    if (Object.keys(changes).length === 0) return []
    return [{ case: 'groupUpdated', value: create(GroupUpdatedSchema, changes) }]
  },

  evolve(group, event) {
    switch (event.case) {
      case 'groupCreated': {
        const { kind, name, topic } = event.value
        return group ?? { kind, name, topic, deleted: false }
      }
      case 'groupUpdated':
        return group && { ...group, name: event.value.name ?? group.name, topic: event.value.topic ?? group.topic }
      case 'groupDeleted':
        return group && { ...group, deleted: true }
      default:
        return group
    }
  },
}

function found({ kind, name, topic, founderId, memberIds }: Extract<GroupCommand, { type: 'Create' }>): EventBody[] {
  const members = [...new Set([founderId, ...memberIds])]
  const limit = MEMBER_LIMIT[kind]
  if (members.length > limit) throw new Refusal(ErrorReason.GROUP_FULL, { limit: String(limit) })
  const direct = kind === GroupKind.DIRECT
  if (direct && members.length !== 2) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'member_ids' })
  const value = create(GroupCreatedSchema, {
    kind,
    name: direct ? '' : nonBlank(name),
    topic: direct ? '' : topic.trim(),
    ownerId: direct ? '' : founderId,
    memberIds: members,
  })
  return [{ case: 'groupCreated', value }]
}

function nonBlank(name: string): string {
  const tidy = name.trim().replace(/\s+/g, ' ')
  if (tidy === '') throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'name' })
  return tidy
}
