import type * as pb from '@beseda/proto/identity/v1/identity_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Privacy } from '../../application/privacy/privacy.js'

const { method } = IdentityService

/** What people let others do. */
@Controller()
export class PrivacyController {
  constructor(private readonly privacy: Privacy) {}

  @Rpc(method.getPrivacy)
  async getPrivacy(_request: pb.GetPrivacyRequest, @SignedIn() { userId }: SignedInUser) {
    return { whoMayAdd: await this.privacy.whoMayAdd(userId) }
  }

  @Rpc(method.setPrivacy)
  async setPrivacy({ commandId, whoMayAdd }: pb.SetPrivacyRequest, @SignedIn() user: SignedInUser) {
    await this.privacy.set(whoMayAdd, user.command(commandId))
    return {}
  }
}
