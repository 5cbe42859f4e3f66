import type * as pb from '@beseda/proto/presence/v1/presence_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { PresenceCommands } from '../../application/presence-commands.js'
import { PresenceQueries } from '../../application/presence-queries.js'
import { presenceOf } from './mapping.js'

const { method } = PresenceService

/** The contract's PresenceService. */
@Controller()
export class PresenceController {
  constructor(
    private readonly commands: PresenceCommands,
    private readonly queries: PresenceQueries,
  ) {}

  @Rpc(method.getPresence)
  async getPresence({ userIds }: pb.GetPresenceRequest, @SignedIn() { userId: callerId }: SignedInUser) {
    return { presences: (await this.queries.getPresence(userIds, callerId)).map(presenceOf) }
  }

  @Rpc(method.setStatus)
  async setStatus({ status }: pb.SetStatusRequest, @SignedIn() { userId }: SignedInUser) {
    await this.commands.setStatus(userId, status, Date.now())
    return {}
  }

  @Rpc(method.listAttention)
  async listAttention({ userIds }: pb.ListAttentionRequest) {
    return { attention: [...(await this.queries.listAttention(userIds))] }
  }

  @Rpc(method.reportConnections)
  async reportConnections({ connections }: pb.ReportConnectionsRequest) {
    const byUser = Map.groupBy(connections, ({ userId }) => userId)
    const now = Date.now()
    await Promise.all([...byUser].map(([userId, devices]) => this.commands.report(userId, devices, now)))
    return {}
  }
}
