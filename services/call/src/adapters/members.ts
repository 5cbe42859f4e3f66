import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Role } from '@beseda/proto/common/v1/roles'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { createClient, type Transport } from '@connectrpc/connect'
import type { Members } from '../application/calls.js'

/** Membership as the membership service knows it now. */
export function membershipMembers(rpc: Transport): Members {
  const membership = createClient(MembershipService, rpc)
  return {
    async directChat(groupId, userId, signal) {
      const { role, kind, directUserIds, blocked } = await membership.getMembership({ groupId, userId }, { signal })
      if (role === Role.UNSPECIFIED) throw new Refusal(ErrorReason.NOT_A_MEMBER)
      if (blocked) throw new Refusal(ErrorReason.BLOCKED)
      return { kind, userIds: directUserIds }
    },
  }
}
