import { type Decider, MEMBER_LIMIT, Refusal, rosterChanges } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import {
  InviteCreatedSchema,
  InviteRevokedSchema,
  MemberJoinedSchema,
  MemberLeftSchema,
  MemberRemovedSchema,
  MembersAddedSchema,
  OwnershipTransferredSchema,
  Role,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import { permit } from './permissions.js'

type EventBody = Event['body']

export interface Invite {
  readonly id: string
  readonly codeHash: Uint8Array
  readonly createdBy: string
  /** Unix ms; 0: never. */
  readonly expiresAt: number
  /** 0: without limit. */
  readonly maxUses: number
  readonly uses: number
  readonly role: Role
  readonly revoked: boolean
}

export interface Roster {
  readonly kind: GroupKind
  readonly members: ReadonlyMap<string, Role>
  readonly invites: ReadonlyMap<string, Invite>
}

export type RosterCommand =
  | { readonly type: 'AddMembers'; readonly userIds: readonly string[] }
  | { readonly type: 'RemoveMember'; readonly userId: string }
  | { readonly type: 'ChangeRole'; readonly userId: string; readonly role: Role }
  | { readonly type: 'TransferOwnership'; readonly userId: string }
  | { readonly type: 'Leave' }
  | {
      readonly type: 'CreateInvite'
      readonly inviteId: string
      readonly codeHash: Uint8Array
      /** Unix ms; 0: never. */
      readonly expiresAt: number
      readonly maxUses: number
      readonly role: Role
    }
  | { readonly type: 'RevokeInvite'; readonly inviteId: string }
  | { readonly type: 'Join'; readonly inviteId: string; readonly now: number }

/** A command and who gives it. */
export type ActedCommand = RosterCommand & { readonly actorId: string }
/** An event and who caused it: invites remember their maker. */
export interface ActedEvent {
  readonly body: EventBody
  readonly actorId: string
}

const EMPTY: Roster = { kind: GroupKind.UNSPECIFIED, members: new Map(), invites: new Map() }

export const rosterDecider: Decider<Roster, ActedCommand, ActedEvent> = {
  initialState: EMPTY,
  decide: (command, roster) => decide(command, roster).map((body) => ({ body, actorId: command.actorId })),
  evolve,
}

function decide(command: ActedCommand, roster: Roster): EventBody[] {
  if (roster.members.size === 0) throw new Refusal(ErrorReason.NOT_A_MEMBER)
  if (command.type === 'Join') return join(roster, command.actorId, command.inviteId, command.now)
  const role = roster.members.get(command.actorId)
  if (role === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
  if (roster.kind === GroupKind.DIRECT) throw new Refusal(ErrorReason.DIRECT_CHAT)
  switch (command.type) {
    case 'AddMembers':
      return addMembers(roster, role, command.userIds)
    case 'RemoveMember':
      return removeMember(roster, role, command.userId)
    case 'ChangeRole':
      return changeRole(roster, role, command.userId, command.role)
    case 'TransferOwnership':
      return transfer(roster, role, command.actorId, command.userId)
    case 'Leave':
      return leave(roster, role, command.actorId)
    case 'CreateInvite':
      return createInvite(roster, role, command)
    case 'RevokeInvite':
      return revokeInvite(roster, role, command.actorId, command.inviteId)
  }
}

function addMembers(roster: Roster, role: Role, userIds: readonly string[]): EventBody[] {
  permit('addMembers', roster.kind, role)
  const added = [...new Set(userIds)].filter((userId) => !roster.members.has(userId))
  if (added.length === 0) return []
  seats(roster, added.length)
  return [{ case: 'membersAdded', value: create(MembersAddedSchema, { userIds: added }) }]
}

function removeMember(roster: Roster, role: Role, userId: string): EventBody[] {
  permit('removeMembers', roster.kind, role)
  const removed = roster.members.get(userId)
  if (removed === undefined) return []
  if (removed >= role) throw new Refusal(ErrorReason.NOT_PERMITTED)
  return [{ case: 'memberRemoved', value: create(MemberRemovedSchema, { userId }) }]
}

function changeRole(roster: Roster, role: Role, userId: string, wanted: Role): EventBody[] {
  permit('changeRoles', roster.kind, role)
  const present = roster.members.get(userId)
  if (present === undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND)
  // Ownership only moves by TransferOwnership, so that there is always exactly one owner.
  if (present === Role.OWNER || wanted === Role.OWNER) throw new Refusal(ErrorReason.NOT_PERMITTED)
  if (present === wanted) return []
  return [{ case: 'roleChanged', value: create(RoleChangedSchema, { userId, role: wanted }) }]
}

function transfer(roster: Roster, role: Role, fromUserId: string, toUserId: string): EventBody[] {
  permit('transferOwnership', roster.kind, role)
  if (!roster.members.has(toUserId)) throw new Refusal(ErrorReason.USER_NOT_FOUND)
  if (fromUserId === toUserId) return []
  const value = create(OwnershipTransferredSchema, { fromUserId, toUserId })
  return [{ case: 'ownershipTransferred', value }]
}

function leave(roster: Roster, role: Role, userId: string): EventBody[] {
  if (roster.members.size === 1) throw new Refusal(ErrorReason.LAST_MEMBER)
  if (role === Role.OWNER) throw new Refusal(ErrorReason.OWNER_CANNOT_LEAVE)
  return [{ case: 'memberLeft', value: create(MemberLeftSchema, { userId }) }]
}

function createInvite(
  roster: Roster,
  role: Role,
  { inviteId, codeHash, expiresAt, maxUses, role: invited }: Extract<RosterCommand, { type: 'CreateInvite' }>,
): EventBody[] {
  permit(invited === Role.ADMIN ? 'inviteAdmins' : 'invite', roster.kind, role)
  const expiry = expiresAt > 0 ? { expiresAt: timestampFromMs(expiresAt) } : {}
  const value = create(InviteCreatedSchema, { inviteId, codeHash, maxUses, role: invited, ...expiry })
  return [{ case: 'inviteCreated', value }]
}

function revokeInvite(roster: Roster, role: Role, actorId: string, inviteId: string): EventBody[] {
  const invite = roster.invites.get(inviteId)
  if (!invite) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
  if (invite.createdBy !== actorId) permit('revokeOthersInvites', roster.kind, role)
  if (invite.revoked) return []
  return [{ case: 'inviteRevoked', value: create(InviteRevokedSchema, { inviteId }) }]
}

/** Somebody who is a member already is let in again, and the invite is not used up by it. */
function join(roster: Roster, userId: string, inviteId: string, now: number): EventBody[] {
  const invite = roster.invites.get(inviteId)
  if (!invite) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
  if (roster.members.has(userId)) return []
  checkInvite(invite, now)
  seats(roster, 1)
  const joined: EventBody = { case: 'memberJoined', value: create(MemberJoinedSchema, { userId, inviteId }) }
  if (invite.role !== Role.ADMIN) return [joined]
  return [joined, { case: 'roleChanged', value: create(RoleChangedSchema, { userId, role: Role.ADMIN }) }]
}

/** Errors: INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP. */
export function checkInvite(invite: Pick<Invite, 'revoked' | 'expiresAt' | 'maxUses' | 'uses'>, now: number): void {
  if (invite.revoked) throw new Refusal(ErrorReason.INVITE_REVOKED)
  if (invite.expiresAt > 0 && invite.expiresAt <= now) throw new Refusal(ErrorReason.INVITE_EXPIRED)
  if (invite.maxUses > 0 && invite.uses >= invite.maxUses) throw new Refusal(ErrorReason.INVITE_USED_UP)
}

function seats(roster: Roster, wanted: number): void {
  const limit = MEMBER_LIMIT[roster.kind]
  if (roster.members.size + wanted > limit) throw new Refusal(ErrorReason.GROUP_FULL, { limit: String(limit) })
}

function evolve(roster: Roster, { body, actorId }: ActedEvent): Roster {
  if (body.case === 'groupDeleted') return EMPTY
  const kind = body.case === 'groupCreated' ? body.value.kind : roster.kind
  const changes = rosterChanges(body)
  return { kind, members: membersAfter(roster, changes), invites: invitesAfter(roster, body, actorId) }
}

function membersAfter({ members }: Roster, changes: ReturnType<typeof rosterChanges>): ReadonlyMap<string, Role> {
  if (changes.length === 0) return members
  const after = new Map(members)
  for (const { userId, role } of changes) {
    if (role === undefined) after.delete(userId)
    else after.set(userId, role)
  }
  return after
}

function invitesAfter({ invites }: Roster, body: EventBody, createdBy: string): ReadonlyMap<string, Invite> {
  const change = inviteChange(invites, body, createdBy)
  return change ? new Map(invites).set(change.id, change) : invites
}

/** The invite that an event makes or changes, as it is after it. */
export function inviteChange(
  invites: Pick<ReadonlyMap<string, Invite>, 'get'>,
  body: EventBody,
  createdBy: string,
): Invite | undefined {
  if (body.case === 'inviteCreated') {
    const { inviteId: id, codeHash, expiresAt, maxUses, role } = body.value
    const expires = expiresAt ? timestampMs(expiresAt) : 0
    return { id, codeHash, createdBy, expiresAt: expires, maxUses, uses: 0, role: role || Role.MEMBER, revoked: false }
  }
  const inviteId = body.case === 'inviteRevoked' || body.case === 'memberJoined' ? body.value.inviteId : undefined
  const invite = inviteId === undefined ? undefined : invites.get(inviteId)
  if (!invite) return undefined
  return body.case === 'inviteRevoked' ? { ...invite, revoked: true } : { ...invite, uses: invite.uses + 1 }
}
