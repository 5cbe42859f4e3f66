import { RateClass } from '@beseda/proto/common/v1/policy'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { callerOf, Rpc, type RpcContext, rateLimitOf, requireUser } from '@beseda/rpc'
import { MAX_FRAME_BYTES, MAX_OPEN_REQUESTS, MEMBER_LIMIT, MESH_LIMIT, RING_SECONDS } from '@beseda/rules'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { Administration } from './application/administration.js'
import { Administrators } from './application/administrators.js'
import { sessionsOf, userOf } from './application/sign-ins.js'

const { method } = IdentityService
const DEFAULT_ACTIONS = 50

/** What administrators of the installation may. */
@Controller()
export class AdminController {
  constructor(
    private readonly administration: Administration,
    private readonly administrators: Administrators,
  ) {}

  @Rpc(method.listAccounts)
  async listAccounts({ query, limit, after }: pb.ListAccountsRequest, context: RpcContext) {
    const found = await this.administration.list(query, limit, Number(after), requireUser(context))
    return {
      accounts: found.accounts.map((row) => ({
        user: userOf(row),
        disabled: row.disabled === 1,
        administrator: this.administrators.is(row),
        configured: this.administrators.isConfigured(row),
      })),
      people: found.people,
      next: BigInt(found.next),
    }
  }

  @Rpc(method.setAccountDisabled)
  async setAccountDisabled({ commandId, userId, disabled }: pb.SetAccountDisabledRequest, context: RpcContext) {
    await this.administration.setDisabled(userId, disabled, callerOf(context, commandId))
    return {}
  }

  @Rpc(method.listAccountSessions)
  async listAccountSessions({ userId }: pb.ListAccountSessionsRequest, context: RpcContext) {
    return { sessions: sessionsOf(await this.administration.sessionsOf(userId, requireUser(context))) }
  }

  @Rpc(method.endAccountSessions)
  async endAccountSessions({ userId, sessionIds }: pb.EndAccountSessionsRequest, context: RpcContext) {
    return { ended: await this.administration.endSessions(userId, sessionIds, callerOf(context)) }
  }

  @Rpc(method.offerPasswordReset)
  async offerPasswordReset({ commandId, userId }: pb.OfferPasswordResetRequest, context: RpcContext) {
    const { code, expiresAt } = await this.administration.offerPasswordReset(userId, callerOf(context, commandId))
    return { code, expiresAt: timestampFromMs(expiresAt) }
  }

  @Rpc(method.setAdministrator)
  async setAdministrator({ commandId, userId, administrator }: pb.SetAdministratorRequest, context: RpcContext) {
    const caller = callerOf(context, commandId)
    await this.administrators.require(caller.userId)
    await this.administrators.set(userId, administrator, caller)
    return {}
  }

  @Rpc(method.listAdministratorActions)
  async listAdministratorActions(request: pb.ListAdministratorActionsRequest, context: RpcContext) {
    await this.administrators.require(requireUser(context))
    const { actions, hasMore } = this.administrators.actions(
      Number(request.beforeSeq),
      request.limit || DEFAULT_ACTIONS,
    )
    return {
      actions: actions.map((row) => ({
        seq: BigInt(row.seq),
        time: timestampFromMs(row.at),
        administratorId: row.actor_id,
        action: row.action,
        userId: row.user_id,
        groupId: row.group_id,
        messageId: row.message_id,
      })),
      hasMore,
    }
  }

  @Rpc(method.listLimits)
  async listLimits(_request: pb.ListLimitsRequest, context: RpcContext) {
    await this.administrators.require(requireUser(context))
    return { rates: RATES, limits: LIMITS }
  }

  @Rpc(method.getInstallationStatus)
  async getInstallationStatus(_request: pb.GetInstallationStatusRequest, context: RpcContext) {
    return { processes: [...(await this.administration.status(requireUser(context)))] }
  }

  @Rpc(method.authorizeAdministrator)
  async authorizeAdministrator(request: pb.AuthorizeAdministratorRequest, _context: RpcContext) {
    const { userId, action, commandId, aboutUserId, groupId, messageId } = request
    await this.administrators.require(userId)
    if (action === AdministratorAction.UNSPECIFIED) return {}
    const about = { userId: aboutUserId, groupId, messageId }
    await this.administrators.record(action, { commandId, userId, now: new Date() }, about)
    return {}
  }

  @Rpc(method.appointAdministrator)
  async appointAdministrator({ commandId, username }: pb.AppointAdministratorRequest, _context: RpcContext) {
    return { userId: await this.administrators.appointByName(username, { commandId, now: new Date() }) }
  }
}

const RATES = Object.values(RateClass).flatMap((rateClass) => {
  const limit = typeof rateClass === 'number' ? rateLimitOf(rateClass) : undefined
  return typeof rateClass === 'number' && limit ? [{ rateClass, limit }] : []
})

const LIMITS = Object.entries({
  group_members: MEMBER_LIMIT[GroupKind.GROUP],
  channel_members: MEMBER_LIMIT[GroupKind.CHANNEL],
  mesh_participants: MESH_LIMIT,
  ring_seconds: RING_SECONDS,
  frame_bytes: MAX_FRAME_BYTES,
  open_requests: MAX_OPEN_REQUESTS,
}).map(([name, value]) => ({ name, value: BigInt(value) }))
