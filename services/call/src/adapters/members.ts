import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Role } from '@beseda/proto/common/v1/roles'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { createClient, type Transport } from '@connectrpc/connect'
import type { Members } from '../application/ports.js'

/** Memberships, asked of the membership service. */
export function membershipMembers(rpc: Transport): Members {
  const membership = createClient(MembershipService, rpc)
  return {
    async membership(groupId, userId, signal) {
      const answer = await membership.getMembership({ groupId, userId }, { signal })
      const { role, kind, directUserIds, blocked, overrides, mutedUntil, voiceRoom: room } = answer
      if (role === Role.UNSPECIFIED) throw new Refusal(ErrorReason.NOT_A_MEMBER)
      const peerId = directUserIds.find((other) => other !== userId)
      return { role, kind, blocked, overrides, room, peerId, mutedUntil: mutedUntil ? timestampMs(mutedUntil) : 0 }
    },
    async callees(groupId, callerId, limit, signal) {
      return (await membership.listCallees({ groupId, callerId, limit }, { signal })).userIds
    },
    async groupsOf(userId, signal) {
      return (await membership.listGroupIds({ userId }, { signal })).groups.map(({ groupId }) => groupId)
    },
  }
}
