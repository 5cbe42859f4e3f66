import { RateClass } from '@beseda/proto/common/v1/policy'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { Context, Rpc, type RpcContext, rateLimitOf, SignedIn, type SignedInUser } from '@beseda/rpc'
import { MAX_FRAME_BYTES, MAX_OPEN_REQUESTS, MEMBER_LIMIT, MESH_LIMIT, RING_SECONDS } from '@beseda/rules'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { Administration } from '../../application/administration/administration.js'
import { Administrators } from '../../application/administration/administrators.js'
import { anonymous } from './anonymous.js'
import { actionOf, sessionsOf, userOf } from './mapping.js'

const { method } = IdentityService

/** What administrators of the installation do, and what operators and other services ask about them. */
@Controller()
export class AdminController {
  constructor(
    private readonly administration: Administration,
    private readonly administrators: Administrators,
  ) {}

  @Rpc(method.listAccounts)
  async listAccounts({ query, limit, after }: pb.ListAccountsRequest, @SignedIn() { userId }: SignedInUser) {
    const { accounts, people, next } = await this.administration.list(query, limit, Number(after), userId)
    return {
      accounts: accounts.map((account) => ({
        user: userOf(account),
        disabled: account.disabled,
        administrator: this.administrators.is(account),
        configured: this.administrators.isFirst(account),
        secondFactor: account.secondFactor !== undefined,
      })),
      people,
      next: BigInt(next),
    }
  }

  @Rpc(method.setAccountDisabled)
  async setAccountDisabled(request: pb.SetAccountDisabledRequest, @SignedIn() user: SignedInUser) {
    const { commandId, userId, disabled } = request
    await this.administration.setDisabled(userId, disabled, user.command(commandId))
    return {}
  }

  @Rpc(method.listAccountSessions)
  async listAccountSessions({ userId }: pb.ListAccountSessionsRequest, @SignedIn() user: SignedInUser) {
    return { sessions: sessionsOf(await this.administration.sessionsOf(userId, user.userId)) }
  }

  @Rpc(method.endAccountSessions)
  async endAccountSessions({ userId, sessionIds }: pb.EndAccountSessionsRequest, @SignedIn() user: SignedInUser) {
    return { ended: await this.administration.endSessions(userId, sessionIds, user.command()) }
  }

  @Rpc(method.offerPasswordReset)
  async offerPasswordReset({ commandId, userId }: pb.OfferPasswordResetRequest, @SignedIn() user: SignedInUser) {
    const { code, expiresAt } = await this.administration.offerPasswordReset(userId, user.command(commandId))
    return { code, expiresAt: timestampFromMs(expiresAt) }
  }

  @Rpc(method.setAdministrator)
  async setAdministrator(request: pb.SetAdministratorRequest, @SignedIn() user: SignedInUser) {
    const { commandId, userId, administrator } = request
    await this.administration.appoint(userId, administrator, user.command(commandId))
    return {}
  }

  @Rpc(method.listAdministratorActions)
  async listAdministratorActions(
    { beforeSeq, limit }: pb.ListAdministratorActionsRequest,
    @SignedIn() { userId }: SignedInUser,
  ) {
    const { actions, hasMore } = await this.administration.actions(Number(beforeSeq), limit, userId)
    return { actions: actions.map(actionOf), hasMore }
  }

  @Rpc(method.listLimits)
  async listLimits(_request: pb.ListLimitsRequest, @SignedIn() { userId }: SignedInUser) {
    await this.administrators.require(userId)
    return { rates: RATES, limits: LIMITS }
  }

  @Rpc(method.getInstallationStatus)
  async getInstallationStatus(_request: pb.GetInstallationStatusRequest, @SignedIn() { userId }: SignedInUser) {
    return { processes: [...(await this.administration.status(userId))] }
  }

  @Rpc(method.authorizeAdministrator)
  async authorizeAdministrator(request: pb.AuthorizeAdministratorRequest, @Context() context: RpcContext) {
    const { userId, action, commandId, aboutUserId, groupId, messageId, detail } = request
    const caller = { ...anonymous(context, commandId), userId }
    await this.administration.authorize(action, { userId: aboutUserId, groupId, messageId, detail }, caller)
    return {}
  }

  @Rpc(method.appointAdministrator)
  async appointAdministrator({ commandId, username }: pb.AppointAdministratorRequest, @Context() context: RpcContext) {
    return { userId: await this.administrators.appointByName(username, anonymous(context, commandId)) }
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
