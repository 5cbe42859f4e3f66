import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import {
  JoinDeclinedSchema,
  JoinRequestedSchema,
  MemberJoinedSchema,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { MEMBER_LIMIT, permit, requireRoom, type Standing } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { EventBody } from './changes.js'
import type { ActedCommandOf } from './commands.js'
import { checkInvite, checkUses, isBacked } from './invites.js'
import { type Invite, isBanned, type Roster, standingOf } from './roster.js'

/** An invite is not used up by somebody who is a member already. Errors: INVITE_NOT_FOUND, BANNED, those of {@link checkInvite}. */
export function acceptInvite(
  roster: Roster,
  { actorId: userId, inviteId, note, now }: ActedCommandOf<'AcceptInvite'>,
): EventBody[] {
  const invite = roster.invites.get(inviteId)
  if (!invite) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
  if (roster.members.has(userId)) return []
  if (isBanned(roster, userId, now)) throw new Refusal(ErrorReason.BANNED)
  checkInvite(invite, roster, standingOf(roster, invite.createdBy), now)
  if (invite.needsApproval) return request(roster, userId, inviteId, note)
  return [...requestEnd(roster, userId), ...admit(roster, userId, invite, now)]
}

/** An open group admits at once; one that is joined by request gets a request. */
export function joinGroup(roster: Roster, { actorId: userId, note, now }: ActedCommandOf<'JoinGroup'>): EventBody[] {
  const { discoverability } = roster
  if (roster.members.has(userId)) return []
  const findable = discoverability === Discoverability.OPEN || discoverability === Discoverability.BY_REQUEST
  if (!findable || roster.kind === GroupKind.DIRECT) throw new Refusal(ErrorReason.GROUP_NOT_FOUND)
  if (isBanned(roster, userId, now)) throw new Refusal(ErrorReason.BANNED)
  if (discoverability !== Discoverability.OPEN) return request(roster, userId, '', note)
  return [...requestEnd(roster, userId), ...admit(roster, userId, undefined, now)]
}

function request(roster: Roster, userId: string, inviteId: string, note: string): EventBody[] {
  if (roster.requests.has(userId)) return []
  requireRoom('joinRequests', roster.requests.size)
  return [{ case: 'joinRequested', value: create(JoinRequestedSchema, { userId, inviteId, note }) }]
}

/** The decision is the admin's: an invite that has ended since the request still counts; one that is used up does not. */
export function resolveJoinRequest(
  roster: Roster,
  actor: Standing,
  { userId, approve, now }: ActedCommandOf<'ResolveJoinRequest'>,
): EventBody[] {
  permit(Permission.APPROVE_JOINS, roster, actor, now)
  if (approve && roster.members.has(userId)) return []
  const asked = roster.requests.get(userId)
  if (!asked) throw new Refusal(ErrorReason.JOIN_REQUEST_NOT_FOUND)
  if (!approve) return declineRequest(roster, userId)
  if (isBanned(roster, userId, now)) throw new Refusal(ErrorReason.BANNED, { user_id: userId })
  const invite = roster.invites.get(asked.inviteId)
  if (invite) checkUses(invite)
  return admit(roster, userId, invite, now)
}

/** Also by the person who made the request. */
export function declineRequest(roster: Roster, userId: string): EventBody[] {
  const events = requestEnd(roster, userId)
  if (events.length === 0) throw new Refusal(ErrorReason.JOIN_REQUEST_NOT_FOUND)
  return events
}

/** The end of a pending request, if there is one, as an event of its own: readers that count requests need no list of people. */
export const requestEnd = ({ requests }: Roster, userId: string): EventBody[] =>
  requests.has(userId) ? [{ case: 'joinDeclined', value: create(JoinDeclinedSchema, { userId }) }] : []

/** The mute of somebody who comes back: readers who came while they were away do not know of it. */
export function mutedUntil({ mutes }: Roster, userId: string, now: number): Timestamp | undefined {
  const until = mutes.get(userId) ?? 0
  return until > now ? timestampFromMs(until) : undefined
}

export function joined(roster: Roster, userId: string, inviteId: string, now: number): EventBody {
  const until = mutedUntil(roster, userId, now)
  const value = create(MemberJoinedSchema, { userId, inviteId, ...(until && { mutedUntil: until }) })
  return { case: 'memberJoined', value }
}

/** Errors: GROUP_FULL. */
export function requireSeats(roster: Roster, wanted: number): void {
  const limit = MEMBER_LIMIT[roster.kind]
  if (roster.members.size + wanted > limit) throw new Refusal(ErrorReason.GROUP_FULL, { limit: String(limit) })
}

/** An invite for admins makes an admin only while its creator may still invite admins. */
function admit(roster: Roster, userId: string, invite: Invite | undefined, now: number): EventBody[] {
  requireSeats(roster, 1)
  const entry = joined(roster, userId, invite?.id ?? '', now)
  const creator = invite && standingOf(roster, invite.createdBy)
  if (invite?.role !== Role.ADMIN || !isBacked(invite, roster, creator, now)) return [entry]
  return [entry, { case: 'roleChanged', value: create(RoleChangedSchema, { userId, role: Role.ADMIN }) }]
}
