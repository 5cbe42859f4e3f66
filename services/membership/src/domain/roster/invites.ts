import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { InviteCreatedSchema, InviteRevokedSchema } from '@beseda/proto/membership/v1/events'
import { mayDo, type PermissionScope, permit, type Standing } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { EventBody } from './changes.js'
import type { ActedCommandOf } from './commands.js'
import type { Invite, Roster } from './roster.js'

export function createInvite(roster: Roster, actor: Standing, command: ActedCommandOf<'CreateInvite'>): EventBody[] {
  const { inviteId, codeHash, expiresAt, maxUses, role: invited, needsApproval, name, now } = command
  permit(permissionFor(command), roster, actor, now)
  const expiry = expiresAt > 0 ? { expiresAt: timestampFromMs(expiresAt) } : {}
  const terms = { inviteId, codeHash, maxUses, role: invited, needsApproval, name, ...expiry }
  return [{ case: 'inviteCreated', value: create(InviteCreatedSchema, terms) }]
}

/** By its creator, or by somebody who may revoke the invites of others. */
export function revokeInvite(
  roster: Roster,
  actor: Standing,
  { actorId, inviteId, now }: ActedCommandOf<'RevokeInvite'>,
): EventBody[] {
  const invite = roster.invites.get(inviteId)
  if (!invite) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
  if (invite.createdBy !== actorId) permit(Permission.REVOKE_INVITES, roster, actor, now)
  if (invite.revoked) return []
  return [{ case: 'inviteRevoked', value: create(InviteRevokedSchema, { inviteId }) }]
}

/**
 * Whether somebody is shown an invite's code and name: its creator is, and whoever may both revoke the invites of others and create such
 * an invite. To everybody else the code would give what they may not give themselves.
 */
export const mayCopy = (
  invite: Pick<Invite, 'role' | 'createdBy'>,
  scope: PermissionScope,
  reader: Standing & { readonly userId: string },
  now: number,
): boolean =>
  invite.createdBy === reader.userId ||
  (mayDo(Permission.REVOKE_INVITES, scope, reader, now) && mayDo(permissionFor(invite), scope, reader, now))

/** The permission that an invite rests on. */
const permissionFor = ({ role }: Pick<Invite, 'role'>): Permission =>
  role === Role.ADMIN ? Permission.INVITE_ADMINS : Permission.INVITE

/**
 * Whether an invite still rests on somebody: its creator is a member who may make such an invite now. Who was removed, banned, muted,
 * demoted, or whose group has changed who may invite, lets nobody in by the links from before. `creator` undefined: not a member.
 */
export const isBacked = (
  invite: Pick<Invite, 'role'>,
  scope: PermissionScope,
  creator: Standing | undefined,
  now: number,
): boolean => creator !== undefined && mayDo(permissionFor(invite), scope, creator, now)

/** `creator`: who made it, undefined: not a member. Errors: INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP. */
export function checkInvite(
  invite: Pick<Invite, 'role' | 'revoked' | 'expiresAt' | 'maxUses' | 'uses'>,
  scope: PermissionScope,
  creator: Standing | undefined,
  now: number,
): void {
  if (invite.revoked || !isBacked(invite, scope, creator, now)) throw new Refusal(ErrorReason.INVITE_REVOKED)
  if (invite.expiresAt > 0 && invite.expiresAt <= now) throw new Refusal(ErrorReason.INVITE_EXPIRED)
  checkUses(invite)
}

/** Errors: INVITE_USED_UP. */
export function checkUses({ maxUses, uses }: Pick<Invite, 'maxUses' | 'uses'>): void {
  if (maxUses > 0 && uses >= maxUses) throw new Refusal(ErrorReason.INVITE_USED_UP)
}
