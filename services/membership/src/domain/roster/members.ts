import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import {
  MemberBannedSchema,
  MemberLeftSchema,
  MemberMutedSchema,
  MemberRemovedSchema,
  MembersAddedSchema,
  MemberUnbannedSchema,
  OwnershipTransferredSchema,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { permit, type Standing } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { EventBody } from './changes.js'
import type { ActedCommandOf } from './commands.js'
import { joined, mutedUntil, requestEnd, requireSeats } from './joining.js'
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
  const events = added.filter((userId) => roster.requests.has(userId)).map((userId) => joined(roster, userId, '', now))
  const others = added.filter((userId) => !roster.requests.has(userId))
  const stillMuted = others.flatMap((userId) => {
    const until = mutedUntil(roster, userId, now)
    return until === undefined ? [] : [create(MemberMutedSchema, { userId, until })]
  })
  const value = create(MembersAddedSchema, { userIds: others, stillMuted })
  if (others.length > 0) events.push({ case: 'membersAdded', value })
  return [...events, ...mutesOfBots(roster, added, owners, now)]
}

/** Somebody who is muted does not speak through a bot that is added later. */
const mutesOfBots = (
  { mutes }: Roster,
  added: readonly string[],
  owners: ReadonlyMap<string, string> | undefined,
  now: number,
): EventBody[] =>
  added.flatMap((userId) => {
    const until = mutes.get(owners?.get(userId) ?? '') ?? 0
    return until > Math.max(now, mutes.get(userId) ?? 0) ? [muted(userId, until)] : []
  })

/**
 * Whoever is put out or muted takes their bots along, through which they would read and write on: also a bot with a higher role than theirs,
 * which is their hand all the same. Errors: NOT_PERMITTED when one of them owns the group.
 */
function botsOf(
  { members }: Roster,
  { userId: ownerId, owners }: ActedCommandOf<'RemoveMember' | 'BanMember' | 'MuteMember'>,
): string[] {
  const theirs = [...members].filter(([userId]) => owners?.get(userId) === ownerId)
  if (theirs.some(([, { role }]) => role === Role.OWNER)) throw new Refusal(ErrorReason.NOT_PERMITTED)
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
  return [userId, ...botsOf(roster, command)].map(removed)
}

/** With their bots. Also of somebody who is no member: they cannot join. */
export function banMember(roster: Roster, actor: Standing, command: ActedCommandOf<'BanMember'>): EventBody[] {
  const { userId, reason, expiresAt, actorId, now } = command
  permit(Permission.BAN_MEMBERS, roster, actor, now, { role: roleOf(roster, userId) })
  const present = roster.bans.get(userId)
  if (present?.expiresAt === expiresAt && present.reason === reason && present.bannedBy === actorId) return []
  const expiry = expiresAt > 0 ? { expiresAt: timestampFromMs(expiresAt) } : {}
  const banned = create(MemberBannedSchema, { userId, reason, ...expiry })
  const bots = botsOf(roster, command).map(removed)
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
  return [userId, ...botsOf(roster, command)].map((id) => muted(id, until))
}

/** In the past by every clock: what ends now would go on wherever a clock is behind. */
const NO_MORE = 0

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
  return [muted(userId, NO_MORE)]
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
export function removeDeletedAccount(
  roster: Roster,
  { actorId: userId, owners, now }: ActedCommandOf<'RemoveDeletedAccount'>,
): EventBody[] {
  const role = roleOf(roster, userId)
  if (role === undefined) return requestEnd(roster, userId)
  const heir = role === Role.OWNER && roster.kind !== GroupKind.DIRECT ? heirOf(roster, userId, owners) : undefined
  if (heir === undefined) return [left(userId)]
  return [transferred(userId, heir), ...muteEnd(roster, heir, now), left(userId)]
}

/**
 * The longest-standing admin, else the longest-standing member; bots only where nobody else is there. Undefined when nobody is. `bots`: by
 * their ids.
 */
export function heirOf(
  { members }: Roster,
  ownerId: string,
  bots: ReadonlyMap<string, string> = new Map(),
): string | undefined {
  const others = [...members]
    .filter(([userId]) => userId !== ownerId)
    .toSorted(([, one], [, other]) => byOrdinal(one.ordinal, other.ordinal))
  const people = others.filter(([userId]) => !bots.has(userId))
  const candidates = people.length > 0 ? people : others
  const [heir] = candidates.find(([, { role }]) => role === Role.ADMIN) ?? candidates[0] ?? []
  return heir
}

const byOrdinal = (one: Ordinal, other: Ordinal): number => one.seq - other.seq || one.index - other.index
