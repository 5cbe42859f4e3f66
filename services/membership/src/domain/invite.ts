import { Role } from '@beseda/proto/common/v1/roles'
import type { Event } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'

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
  readonly needsApproval: boolean
}

/** The invite that an event makes or changes, as it is after it. */
export function inviteChange(
  invites: Pick<ReadonlyMap<string, Invite>, 'get'>,
  body: Event['body'],
  createdBy: string,
): Invite | undefined {
  if (body.case === 'inviteCreated') {
    const { inviteId: id, codeHash, expiresAt, maxUses, role, needsApproval } = body.value
    const terms = {
      expiresAt: expiresAt ? timestampMs(expiresAt) : 0,
      maxUses,
      role: role || Role.MEMBER,
      needsApproval,
    }
    return { id, codeHash, createdBy, ...terms, uses: 0, revoked: false }
  }
  const inviteId = body.case === 'inviteRevoked' || body.case === 'memberJoined' ? body.value.inviteId : undefined
  const invite = inviteId === undefined ? undefined : invites.get(inviteId)
  if (!invite) return undefined
  return body.case === 'inviteRevoked' ? { ...invite, revoked: true } : { ...invite, uses: invite.uses + 1 }
}
