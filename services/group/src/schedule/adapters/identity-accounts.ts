import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { Accounts } from '../application/ports.js'

/** Asks the identity service. */
export class IdentityAccounts extends Accounts {
  readonly #identity: Client<typeof IdentityService>

  constructor(rpc: Transport) {
    super()
    this.#identity = createClient(IdentityService, rpc)
  }

  async isDisabled(userId: string, signal: AbortSignal): Promise<boolean> {
    const { userIds } = await this.#identity.findDisabled({ userIds: [userId] }, { signal })
    return userIds.includes(userId)
  }
}
