import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { createClient, type Transport } from '@connectrpc/connect'
import type { People } from '../application/group-commands.js'

/** People one question may name. */
const BATCH = 1_000

/** People as the identity service knows them. */
export function identityPeople(
  rpc: Transport,
): People & { pictures(userIds: readonly string[]): Promise<readonly string[]> } {
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

    async pictures(userIds) {
      const pictures: string[] = []
      for (let i = 0; i < userIds.length; i += BATCH) {
        const { users } = await identity.getUsers({ userIds: userIds.slice(i, i + BATCH) })
        pictures.push(...users.map(({ avatarFileId }) => avatarFileId))
      }
      return pictures
    },
  }
}
