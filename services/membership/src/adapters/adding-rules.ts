import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { AddingRules } from '../application/ports.js'

/** Asks a replica that serves all partitions, which this one may not be. */
export class FullReplicas extends AddingRules {
  readonly #membership: Client<typeof MembershipService>

  constructor(transport: Transport) {
    super()
    this.#membership = createClient(MembershipService, transport)
  }

  async unaddable(actorId: string, userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    if (userIds.length === 0) return []
    return (await this.#membership.listUnaddable({ actorId, userIds: [...userIds] }, { signal })).userIds
  }
}
