import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import {
  InviteCreatedSchema,
  InviteRevokedSchema,
  JoinDeclinedSchema,
  JoinRequestedSchema,
  MemberJoinedSchema,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { mayDo, permit } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Invite } from './invite.js'
import { type ActedCommand, type EventBody, isBanned, type Roster, type RosterCommand, requireSeats } from './roster.js'

/** Open requests of one group. More would be spam that nobody reads. */
const MAX_REQUESTS = 500

export function createInvite(
  roster: Roster,
  role: Role,
  {
    inviteId,
    codeHash,
    expiresAt,
    maxUses,
    role: invited,
    needsApproval,
  }: Extract<RosterCommand, { type: 'CreateInvite' }>,
): EventBody[] {
  permit(invited === Role.ADMIN ? Permission.INVITE_ADMINS : Permission.INVITE, roster, role)
  const expiry = expiresAt > 0 ? { expiresAt: timestampFromMs(expiresAt) } : {}
  const terms = { inviteId, codeHash, maxUses, role: invited, needsApproval, ...expiry }
  return [{ case: 'inviteCreated', value: create(InviteCreatedSchema, terms) }]
}

export function revokeInvite(roster: Roster, role: Role, actorId: string, inviteId: string): EventBody[] {
  const invite = roster.invites.get(inviteId)
  if (!invite) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
  if (invite.createdBy !== actorId) permit(Permission.REVOKE_INVITES, roster, role)
  if (invite.revoked) return []
  return [{ case: 'inviteRevoked', value: create(InviteRevokedSchema, { inviteId }) }]
}

/** Somebody who is a member already is let in again, and the invite is not used up by it. */
export function join(
  roster: Roster,
  { actorId: userId, inviteId, note, now }: Extract<ActedCommand, { type: 'Join' }>,
): EventBody[] {
  const invite = roster.invites.get(inviteId)
  if (!invite) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
  if (roster.members.has(userId)) return []
  if (isBanned(roster, userId, now)) throw new Refusal(ErrorReason.BANNED)
  checkInvite(invite, now)
  if (invite.needsApproval) return request(roster, userId, inviteId, note)
  return [...withdrawal(roster, userId), ...admit(roster, userId, invite)]
}

/** Whoever finds an open group is in at once; one that lets in on request is asked. */
export function enter(
  roster: Roster,
  { actorId: userId, note, now }: Extract<ActedCommand, { type: 'Enter' }>,
): EventBody[] {
  const { discoverability } = roster
  if (roster.members.has(userId)) return []
  const findable = discoverability === Discoverability.OPEN || discoverability === Discoverability.BY_REQUEST
  if (!findable || roster.kind === GroupKind.DIRECT) throw new Refusal(ErrorReason.GROUP_NOT_FOUND)
  if (isBanned(roster, userId, now)) throw new Refusal(ErrorReason.BANNED)
  if (discoverability !== Discoverability.OPEN) return request(roster, userId, '', note)
  return [...withdrawal(roster, userId), ...admit(roster, userId, undefined)]
}

function request(roster: Roster, userId: string, inviteId: string, note: string): EventBody[] {
  if (roster.requests.has(userId)) return []
  if (roster.requests.size >= MAX_REQUESTS) throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_REQUESTS) })
  return [{ case: 'joinRequested', value: create(JoinRequestedSchema, { userId, inviteId, note }) }]
}

export function resolve(roster: Roster, role: Role, userId: string, approve: boolean, now: number): EventBody[] {
  permit(Permission.APPROVE_JOINS, roster, role)
  if (approve && roster.members.has(userId)) return []
  const asked = roster.requests.get(userId)
  if (!asked) throw new Refusal(ErrorReason.JOIN_REQUEST_NOT_FOUND)
  if (!approve) return decline(roster, userId)
  if (isBanned(roster, userId, now)) throw new Refusal(ErrorReason.BANNED, { user_id: userId })
  const invite = roster.invites.get(asked.inviteId)
  if (invite) checkInvite({ ...invite, expiresAt: 0, revoked: false }, now)
  return admit(roster, userId, invite)
}

export function decline(roster: Roster, userId: string): EventBody[] {
  if (!roster.requests.has(userId)) throw new Refusal(ErrorReason.JOIN_REQUEST_NOT_FOUND)
  return [{ case: 'joinDeclined', value: create(JoinDeclinedSchema, { userId }) }]
}

/** A request that something else has settled; none: nothing. Its end is said, so that whoever counts requests needs no list. */
export const withdrawal = ({ requests }: Roster, userId: string): EventBody[] =>
  requests.has(userId) ? [{ case: 'joinDeclined', value: create(JoinDeclinedSchema, { userId }) }] : []

/** An invite makes its user an admin only as long as its maker may appoint admins. */
function admit(roster: Roster, userId: string, invite: Invite | undefined): EventBody[] {
  requireSeats(roster, 1)
  const inviteId = invite?.id ?? ''
  const joined: EventBody = { case: 'memberJoined', value: create(MemberJoinedSchema, { userId, inviteId }) }
  const maker = invite && roster.members.get(invite.createdBy)
  if (invite?.role !== Role.ADMIN || !mayDo(Permission.INVITE_ADMINS, roster, maker)) return [joined]
  return [joined, { case: 'roleChanged', value: create(RoleChangedSchema, { userId, role: Role.ADMIN }) }]
}

/** Errors: INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP. */
export function checkInvite(invite: Pick<Invite, 'revoked' | 'expiresAt' | 'maxUses' | 'uses'>, now: number): void {
  if (invite.revoked) throw new Refusal(ErrorReason.INVITE_REVOKED)
  if (invite.expiresAt > 0 && invite.expiresAt <= now) throw new Refusal(ErrorReason.INVITE_EXPIRED)
  if (invite.maxUses > 0 && invite.uses >= invite.maxUses) throw new Refusal(ErrorReason.INVITE_USED_UP)
}
