import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { AddingRules } from '../application/ports.js'

/** Asks the membership service. */
export class MembershipRules extends AddingRules {
  readonly #membership: Client<typeof MembershipService>

  constructor(rpc: Transport) {
    super()
    this.#membership = createClient(MembershipService, rpc)
  }

  async unaddable(actorId: string, userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    if (userIds.length === 0) return []
    return (await this.#membership.listUnaddable({ actorId, userIds: [...userIds] }, { signal })).userIds
  }
}
