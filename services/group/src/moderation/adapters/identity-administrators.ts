import type { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { type ActionAbout, Administrators } from '../application/ports.js'

/** Asks the identity service. */
export class IdentityAdministrators extends Administrators {
  readonly #identity: Client<typeof IdentityService>

  constructor(rpc: Transport) {
    super()
    this.#identity = createClient(IdentityService, rpc)
  }

  async require(userId: string, signal: AbortSignal): Promise<void> {
    await this.#identity.authorizeAdministrator({ userId }, { signal })
  }

  async record(
    action: AdministratorAction,
    caller: { readonly userId: string; readonly commandId: string; readonly signal: AbortSignal },
    about: ActionAbout,
  ): Promise<void> {
    const { userId, commandId, signal } = caller
    await this.#identity.authorizeAdministrator({ userId, action, commandId, ...about }, { signal })
  }
}
