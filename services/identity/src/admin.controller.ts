import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { callerOf, Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Administration } from './application/administration.js'
import { userOf } from './application/sign-ins.js'

const { method } = IdentityService

/** What administrators of the installation may. */
@Controller()
export class AdminController {
  constructor(private readonly administration: Administration) {}

  @Rpc(method.listAccounts)
  async listAccounts({ query, limit }: pb.ListAccountsRequest, context: RpcContext) {
    const { accounts, people } = await this.administration.list(query, limit, requireUser(context))
    return {
      accounts: accounts.map((row) => ({
        user: userOf(row),
        disabled: row.disabled === 1,
        administrator: this.administration.isAdministrator(row),
      })),
      people,
    }
  }

  @Rpc(method.setAccountDisabled)
  async setAccountDisabled({ commandId, userId, disabled }: pb.SetAccountDisabledRequest, context: RpcContext) {
    await this.administration.setDisabled(userId, disabled, callerOf(context, commandId))
    return {}
  }

  @Rpc(method.endAccountSessions)
  async endAccountSessions({ userId }: pb.EndAccountSessionsRequest, context: RpcContext) {
    return { ended: await this.administration.endSessions(userId, requireUser(context)) }
  }

  @Rpc(method.getInstallationStatus)
  async getInstallationStatus(_request: pb.GetInstallationStatusRequest, context: RpcContext) {
    return { processes: [...(await this.administration.status(requireUser(context)))] }
  }
}
