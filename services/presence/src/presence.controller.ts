import type * as pb from '@beseda/proto/presence/v1/presence_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Presences } from './application/presences.js'

const { method } = PresenceService

/** The contract's PresenceService. */
@Controller()
export class PresenceController {
  constructor(private readonly presences: Presences) {}

  @Rpc(method.getPresence)
  async getPresence({ userIds }: pb.GetPresenceRequest, context: RpcContext) {
    return { presences: await this.presences.of(userIds, context.userId ?? '') }
  }

  @Rpc(method.setStatus)
  async setStatus({ status }: pb.SetStatusRequest, context: RpcContext) {
    await this.presences.choose(requireUser(context), status, Date.now())
    return {}
  }

  @Rpc(method.listAttention)
  async listAttention({ userIds }: pb.ListAttentionRequest, _context: RpcContext) {
    return { attention: await this.presences.attention(userIds) }
  }

  @Rpc(method.reportConnections)
  async reportConnections({ connections }: pb.ReportConnectionsRequest, _context: RpcContext) {
    const byUser = Map.groupBy(connections, ({ userId }) => userId)
    const now = Date.now()
    await Promise.all([...byUser].map(([userId, devices]) => this.presences.report(userId, devices, now)))
    return {}
  }
}
