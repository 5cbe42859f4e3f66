import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { InviteCreatedSchema, InviteRevokedSchema } from '@beseda/proto/membership/v1/events'
import { permit } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { EventBody } from './changes.js'
import type { ActedCommandOf } from './commands.js'
import type { Invite, Roster } from './roster.js'

export function createInvite(roster: Roster, role: Role, command: ActedCommandOf<'CreateInvite'>): EventBody[] {
  const { inviteId, codeHash, expiresAt, maxUses, role: invited, needsApproval } = command
  permit(invited === Role.ADMIN ? Permission.INVITE_ADMINS : Permission.INVITE, roster, role)
  const expiry = expiresAt > 0 ? { expiresAt: timestampFromMs(expiresAt) } : {}
  const terms = { inviteId, codeHash, maxUses, role: invited, needsApproval, ...expiry }
  return [{ case: 'inviteCreated', value: create(InviteCreatedSchema, terms) }]
}

/** By its creator, or by somebody who may revoke the invites of others. */
export function revokeInvite(
  roster: Roster,
  role: Role,
  { actorId, inviteId }: ActedCommandOf<'RevokeInvite'>,
): EventBody[] {
  const invite = roster.invites.get(inviteId)
  if (!invite) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
  if (invite.createdBy !== actorId) permit(Permission.REVOKE_INVITES, roster, role)
  if (invite.revoked) return []
  return [{ case: 'inviteRevoked', value: create(InviteRevokedSchema, { inviteId }) }]
}

/** Errors: INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP. */
export function checkInvite(invite: Pick<Invite, 'revoked' | 'expiresAt' | 'maxUses' | 'uses'>, now: number): void {
  if (invite.revoked) throw new Refusal(ErrorReason.INVITE_REVOKED)
  if (invite.expiresAt > 0 && invite.expiresAt <= now) throw new Refusal(ErrorReason.INVITE_EXPIRED)
  checkUses(invite)
}

/** Errors: INVITE_USED_UP. */
export function checkUses({ maxUses, uses }: Pick<Invite, 'maxUses' | 'uses'>): void {
  if (maxUses > 0 && uses >= maxUses) throw new Refusal(ErrorReason.INVITE_USED_UP)
}
