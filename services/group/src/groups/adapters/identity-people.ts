import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { People } from '../application/ports.js'

/** People that one request may name. */
const BATCH = 1_000

/** Asks the identity service. */
export class IdentityPeople extends People {
  readonly #identity: Client<typeof IdentityService>

  constructor(rpc: Transport) {
    super()
    this.#identity = createClient(IdentityService, rpc)
  }

  async unknown(userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    if (userIds.length === 0) return []
    const { users } = await this.#identity.getUsers({ userIds: [...userIds] }, { signal })
    const known = new Set(users.filter(({ deleted }) => !deleted).map(({ id }) => id))
    return userIds.filter((userId) => !known.has(userId))
  }

  async names(userIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { users } = await this.#identity.getUsers({ userIds: [...userIds] }, { signal })
    return new Map(users.map(({ id, displayName }) => [id, displayName]))
  }

  async avatars(userIds: readonly string[]): Promise<readonly string[]> {
    const pictures: string[] = []
    for (let i = 0; i < userIds.length; i += BATCH) {
      const { users } = await this.#identity.getUsers({ userIds: userIds.slice(i, i + BATCH) })
      pictures.push(...users.map(({ avatarFileId }) => avatarFileId))
    }
    return pictures
  }
}
