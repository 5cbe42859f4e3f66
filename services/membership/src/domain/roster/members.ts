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
import { mayDo, permit, type Standing } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { EventBody } from './changes.js'
import type { ActedCommandOf } from './commands.js'
import { requestEnd, requireSeats } from './joining.js'
import { isBanned, type Ordinal, type Roster, roleOf } from './roster.js'

export function addMembers(
  roster: Roster,
  actor: Standing,
  { userIds, owners, now }: ActedCommandOf<'AddMembers'>,
): EventBody[] {
  permit(Permission.ADD_MEMBERS, roster, actor, now)
  const added = [...new Set(userIds)].filter((userId) => !roster.members.has(userId))
  // A bot reads and writes for its owner.
  const banned = added.find((userId) => [userId, owners?.get(userId) ?? userId].some((id) => isBanned(roster, id, now)))
  if (banned !== undefined) throw new Refusal(ErrorReason.BANNED, { user_id: banned })
  if (added.length === 0) return []
  requireSeats(roster, added.length)
  // Adding somebody with a pending join request approves the request.
  const events = added
    .filter((userId) => roster.requests.has(userId))
    .map((userId): EventBody => ({ case: 'memberJoined', value: create(MemberJoinedSchema, { userId }) }))
  const others = added.filter((userId) => !roster.requests.has(userId))
  if (others.length > 0) events.push({ case: 'membersAdded', value: create(MembersAddedSchema, { userIds: others }) })
  return events
}

/**
 * Whoever is put out or muted takes their bots along, through which they would read and write on. Not those to which the actor may not do
 * the same.
 */
function botsOf(
  roster: Roster,
  actor: Standing,
  { userId: ownerId, owners, now }: ActedCommandOf<'RemoveMember' | 'BanMember' | 'MuteMember'>,
  permission = Permission.REMOVE_MEMBERS,
): string[] {
  const theirs = [...roster.members].filter(
    ([userId, target]) => owners?.get(userId) === ownerId && mayDo(permission, roster, actor, now, target),
  )
  return theirs.map(([userId]) => userId)
}

const removed = (userId: string): EventBody => ({
  case: 'memberRemoved',
  value: create(MemberRemovedSchema, { userId }),
})

/** With their bots. */
export function removeMember(roster: Roster, actor: Standing, command: ActedCommandOf<'RemoveMember'>): EventBody[] {
  const { userId, now } = command
  permit(Permission.REMOVE_MEMBERS, roster, actor, now, { role: roleOf(roster, userId) })
  if (!roster.members.has(userId)) return []
  return [userId, ...botsOf(roster, actor, command)].map(removed)
}

/** With their bots. Also of somebody who is no member: they cannot join. */
export function banMember(roster: Roster, actor: Standing, command: ActedCommandOf<'BanMember'>): EventBody[] {
  const { userId, reason, expiresAt, actorId, now } = command
  permit(Permission.BAN_MEMBERS, roster, actor, now, { role: roleOf(roster, userId) })
  const present = roster.bans.get(userId)
  if (present?.expiresAt === expiresAt && present.reason === reason && present.bannedBy === actorId) return []
  const expiry = expiresAt > 0 ? { expiresAt: timestampFromMs(expiresAt) } : {}
  const banned = create(MemberBannedSchema, { userId, reason, ...expiry })
  const bots = botsOf(roster, actor, command).map(removed)
  return [...requestEnd(roster, userId), { case: 'memberBanned', value: banned }, ...bots]
}

export function unbanMember(
  roster: Roster,
  actor: Standing,
  { userId, now }: ActedCommandOf<'UnbanMember'>,
): EventBody[] {
  permit(Permission.BAN_MEMBERS, roster, actor, now, { role: undefined })
  if (!roster.bans.has(userId)) return []
  return [{ case: 'memberUnbanned', value: create(MemberUnbannedSchema, { userId }) }]
}

/** With their bots. */
export function muteMember(roster: Roster, actor: Standing, command: ActedCommandOf<'MuteMember'>): EventBody[] {
  const { userId, until, now } = command
  const present = roleOf(roster, userId)
  if (present === undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND)
  permit(Permission.MUTE_MEMBERS, roster, actor, now, { role: present })
  return [userId, ...botsOf(roster, actor, command, Permission.MUTE_MEMBERS)].map((id) => muted(id, until))
}

const muted = (userId: string, until: number): EventBody => ({
  case: 'memberMuted',
  value: create(MemberMutedSchema, { userId, until: timestampFromMs(until) }),
})

export function changeRole(
  roster: Roster,
  actor: Standing,
  { userId, role: wanted, now }: ActedCommandOf<'ChangeRole'>,
): EventBody[] {
  const present = roleOf(roster, userId)
  permit(Permission.CHANGE_ROLES, roster, actor, now)
  if (present === undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND)
  permit(Permission.CHANGE_ROLES, roster, actor, now, { role: present })
  // Ownership moves by TransferOwnership only, so that there is always exactly one owner.
  if (wanted === Role.OWNER) throw new Refusal(ErrorReason.NOT_PERMITTED)
  if (present === wanted) return []
  return [{ case: 'roleChanged', value: create(RoleChangedSchema, { userId, role: wanted }) }]
}

export function transferOwnership(
  roster: Roster,
  actor: Standing,
  { actorId, userId, now }: ActedCommandOf<'TransferOwnership'>,
): EventBody[] {
  permit(Permission.TRANSFER_OWNERSHIP, roster, actor, now)
  if (!roster.members.has(userId)) throw new Refusal(ErrorReason.USER_NOT_FOUND)
  return actorId === userId ? [] : [transferred(actorId, userId), ...muteEnd(roster, userId, now)]
}

/** Nobody stands above the owner who could end their mute, so it ends with the handing over. */
function muteEnd({ mutes }: Roster, userId: string, now: number): EventBody[] {
  if ((mutes.get(userId) ?? 0) <= now) return []
  return [muted(userId, now)]
}

const transferred = (fromUserId: string, toUserId: string): EventBody => ({
  case: 'ownershipTransferred',
  value: create(OwnershipTransferredSchema, { fromUserId, toUserId }),
})

const left = (userId: string): EventBody => ({ case: 'memberLeft', value: create(MemberLeftSchema, { userId }) })

export function leaveGroup(roster: Roster, role: Role, userId: string): EventBody[] {
  if (roster.members.size === 1) throw new Refusal(ErrorReason.LAST_MEMBER)
  if (role === Role.OWNER) throw new Refusal(ErrorReason.OWNER_CANNOT_LEAVE)
  return [left(userId)]
}

/** The owner's group passes to their heir; the last member just leaves. */
export function removeDeletedAccount(roster: Roster, userId: string, now: number): EventBody[] {
  const role = roleOf(roster, userId)
  if (role === undefined) return requestEnd(roster, userId)
  const heir = role === Role.OWNER && roster.kind !== GroupKind.DIRECT ? heirOf(roster, userId) : undefined
  if (heir === undefined) return [left(userId)]
  return [transferred(userId, heir), ...muteEnd(roster, heir, now), left(userId)]
}

/** The longest-standing admin, else the longest-standing member; undefined when nobody else is there. */
export function heirOf({ members }: Roster, ownerId: string): string | undefined {
  const others = [...members]
    .filter(([userId]) => userId !== ownerId)
    .toSorted(([, one], [, other]) => byOrdinal(one.ordinal, other.ordinal))
  const [heir] = others.find(([, { role }]) => role === Role.ADMIN) ?? others[0] ?? []
  return heir
}

const byOrdinal = (one: Ordinal, other: Ordinal): number => one.seq - other.seq || one.index - other.index
