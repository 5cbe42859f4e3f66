import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { People } from '../application/ports.js'

/** People as the identity service knows them. */
export class IdentityPeople extends People {
  readonly #identity: Client<typeof IdentityService>

  constructor(transport: Transport) {
    super()
    this.#identity = createClient(IdentityService, transport)
  }

  async unknown(userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const { users } = await this.#identity.getUsers({ userIds: [...userIds] }, { signal })
    const known = new Set(users.filter(({ deleted }) => !deleted).map(({ id }) => id))
    return userIds.filter((userId) => !known.has(userId))
  }
}
