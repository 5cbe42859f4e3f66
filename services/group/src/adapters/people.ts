import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { createClient, type Transport } from '@connectrpc/connect'
import type { People } from '../application/groups.js'

/** People as the identity service knows them. */
export function identityPeople(rpc: Transport): People {
  const identity = createClient(IdentityService, rpc)
  return {
    async unknown(userIds, signal) {
      if (userIds.length === 0) return []
      const { users } = await identity.getUsers({ userIds: [...userIds] }, { signal })
      const known = new Set(users.filter(({ deleted }) => !deleted).map(({ id }) => id))
      return userIds.filter((userId) => !known.has(userId))
    },

    async names(userIds, signal) {
      const { users } = await identity.getUsers({ userIds: [...userIds] }, { signal })
      return new Map(users.map(({ id, displayName }) => [id, displayName]))
    },
  }
}
