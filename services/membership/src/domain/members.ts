import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import {
  MemberBannedSchema,
  MemberJoinedSchema,
  MemberLeftSchema,
  MemberMutedSchema,
  MemberRemovedSchema,
  MembersAddedSchema,
  MemberUnbannedSchema,
  OwnershipTransferredSchema,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { permit } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { withdrawal } from './entry.js'
import { type ActedCommand, type EventBody, isBanned, type Roster, requireSeats } from './roster.js'

export function addMembers(roster: Roster, role: Role, userIds: readonly string[], now: number): EventBody[] {
  permit(Permission.ADD_MEMBERS, roster, role)
  const added = [...new Set(userIds)].filter((userId) => !roster.members.has(userId))
  const banned = added.find((userId) => isBanned(roster, userId, now))
  if (banned !== undefined) throw new Refusal(ErrorReason.BANNED, { user_id: banned })
  if (added.length === 0) return []
  requireSeats(roster, added.length)
  // Who is added and had asked has been let in.
  const events = added
    .filter((userId) => roster.requests.has(userId))
    .map((userId): EventBody => ({ case: 'memberJoined', value: create(MemberJoinedSchema, { userId }) }))
  const others = added.filter((userId) => !roster.requests.has(userId))
  if (others.length > 0) events.push({ case: 'membersAdded', value: create(MembersAddedSchema, { userIds: others }) })
  return events
}

export function removeMember(roster: Roster, role: Role, userId: string): EventBody[] {
  permit(Permission.REMOVE_MEMBERS, roster, role, { role: roster.members.get(userId) })
  if (!roster.members.has(userId)) return []
  return [{ case: 'memberRemoved', value: create(MemberRemovedSchema, { userId }) }]
}

export function ban(
  roster: Roster,
  role: Role,
  { userId, reason, expiresAt, actorId }: Extract<ActedCommand, { type: 'Ban' }>,
): EventBody[] {
  permit(Permission.BAN_MEMBERS, roster, role, { role: roster.members.get(userId) })
  const present = roster.bans.get(userId)
  if (present?.expiresAt === expiresAt && present.reason === reason && present.bannedBy === actorId) return []
  const expiry = expiresAt > 0 ? { expiresAt: timestampFromMs(expiresAt) } : {}
  const banned = create(MemberBannedSchema, { userId, reason, ...expiry })
  return [...withdrawal(roster, userId), { case: 'memberBanned', value: banned }]
}

export function unban(roster: Roster, role: Role, userId: string): EventBody[] {
  permit(Permission.BAN_MEMBERS, roster, role, { role: undefined })
  if (!roster.bans.has(userId)) return []
  return [{ case: 'memberUnbanned', value: create(MemberUnbannedSchema, { userId }) }]
}

export function mute(roster: Roster, role: Role, userId: string, until: number): EventBody[] {
  const present = roster.members.get(userId)
  if (present === undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND)
  permit(Permission.MUTE_MEMBERS, roster, role, { role: present })
  return [{ case: 'memberMuted', value: create(MemberMutedSchema, { userId, until: timestampFromMs(until) }) }]
}

export function changeRole(roster: Roster, role: Role, userId: string, wanted: Role): EventBody[] {
  const present = roster.members.get(userId)
  permit(Permission.CHANGE_ROLES, roster, role)
  if (present === undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND)
  permit(Permission.CHANGE_ROLES, roster, role, { role: present })
  // Ownership only moves by TransferOwnership, so that there is always exactly one owner.
  if (wanted === Role.OWNER) throw new Refusal(ErrorReason.NOT_PERMITTED)
  if (present === wanted) return []
  return [{ case: 'roleChanged', value: create(RoleChangedSchema, { userId, role: wanted }) }]
}

export function transfer(roster: Roster, role: Role, fromUserId: string, toUserId: string): EventBody[] {
  permit(Permission.TRANSFER_OWNERSHIP, roster, role)
  if (!roster.members.has(toUserId)) throw new Refusal(ErrorReason.USER_NOT_FOUND)
  return fromUserId === toUserId ? [] : [transferred(fromUserId, toUserId)]
}

const transferred = (fromUserId: string, toUserId: string): EventBody => ({
  case: 'ownershipTransferred',
  value: create(OwnershipTransferredSchema, { fromUserId, toUserId }),
})

const left = (userId: string): EventBody => ({ case: 'memberLeft', value: create(MemberLeftSchema, { userId }) })

export function leave(roster: Roster, role: Role, userId: string): EventBody[] {
  if (roster.members.size === 1) throw new Refusal(ErrorReason.LAST_MEMBER)
  if (role === Role.OWNER) throw new Refusal(ErrorReason.OWNER_CANNOT_LEAVE)
  return [left(userId)]
}

export function depart(roster: Roster, userId: string): EventBody[] {
  if (roster.kind === GroupKind.DIRECT || roster.members.get(userId) !== Role.OWNER) return [left(userId)]
  const others = [...roster.members].filter(([other]) => other !== userId)
  const successor = others.find(([, role]) => role === Role.ADMIN) ?? others[0]
  return successor ? [transferred(userId, successor[0]), left(userId)] : [left(userId)]
}
