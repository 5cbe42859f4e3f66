import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { Administrators } from '../../application/administration/administrators.js'
import { AccountInvites } from '../../application/registration/account-invites.js'
import type { AccountInviteRecord } from '../../application/registration/ports.js'
import { RegistrationRules } from '../../application/registration/registration-rules.js'

const { method } = IdentityService

/** Who may register, for administrators. */
@Controller()
export class RegistrationController {
  constructor(
    private readonly administrators: Administrators,
    private readonly rules: RegistrationRules,
    private readonly invites: AccountInvites,
  ) {}

  @Rpc(method.getRegistration)
  async getRegistration(_request: pb.GetRegistrationRequest, @SignedIn() { userId }: SignedInUser) {
    await this.administrators.require(userId)
    return {
      rule: this.rules.current(),
      configured: this.rules.isConfigured,
      invites: this.invites.usable(Date.now()).map((invite) => this.#inviteOf(invite)),
    }
  }

  @Rpc(method.setRegistration)
  async setRegistration({ commandId, rule }: pb.SetRegistrationRequest, @SignedIn() user: SignedInUser) {
    await this.rules.set(rule, user.command(commandId))
    return {}
  }

  @Rpc(method.createAccountInvite)
  async createAccountInvite(request: pb.CreateAccountInviteRequest, @SignedIn() user: SignedInUser) {
    const invite = await this.invites.create(request, user.command(request.commandId))
    return { invite: this.#inviteOf(invite) }
  }

  @Rpc(method.revokeAccountInvite)
  async revokeAccountInvite({ commandId, inviteId }: pb.RevokeAccountInviteRequest, @SignedIn() user: SignedInUser) {
    await this.invites.revoke(inviteId, user.command(commandId))
    return {}
  }

  #inviteOf(invite: AccountInviteRecord) {
    const { id, name, createdBy, createdAt, expiresAt, maxUses, uses } = invite
    return {
      id,
      name,
      code: this.invites.codeOf(invite) ?? '',
      createdBy,
      createdAt: timestampFromMs(createdAt),
      ...(expiresAt > 0 ? { expiresAt: timestampFromMs(expiresAt) } : {}),
      maxUses,
      uses,
    }
  }
}
