import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'

/** A person's new role in a group; undefined: no longer a member. */
export interface RosterChange {
  readonly userId: string
  readonly role: Role | undefined
}

/**
 * What an event changes in the roster of its group. The single definition: the membership service, the group service and
 * every gateway fold rosters with it. (`GroupDeleted` ends the whole roster and is left to the reader.)
 */
export function rosterChanges(body: Event['body']): readonly RosterChange[] {
  switch (body.case) {
    case 'groupCreated': {
      const { kind, memberIds, ownerId } = body.value
      const role = (userId: string) => (userId === ownerId && kind !== GroupKind.DIRECT ? Role.OWNER : Role.MEMBER)
      return memberIds.map((userId) => ({ userId, role: role(userId) }))
    }
    case 'membersAdded':
      return body.value.userIds.map((userId) => ({ userId, role: Role.MEMBER }))
    case 'memberJoined':
      return [{ userId: body.value.userId, role: Role.MEMBER }]
    case 'memberRemoved':
    case 'memberBanned':
    case 'memberLeft':
      return [{ userId: body.value.userId, role: undefined }]
    case 'roleChanged':
      return [{ userId: body.value.userId, role: body.value.role }]
    case 'ownershipTransferred':
      return [
        { userId: body.value.fromUserId, role: Role.ADMIN },
        { userId: body.value.toUserId, role: Role.OWNER },
      ]
    default:
      return []
  }
}
