import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { GroupInvite, GroupInvites } from '../../application/registration/ports.js'

/** Length of a code of a group's invite: 128 bits, base64url. */
const CODE_LENGTH = 22

/** Invites that the membership service keeps. */
export class MembershipInvites implements GroupInvites {
  readonly #membership: Client<typeof MembershipService>

  constructor(transport: Transport) {
    this.#membership = createClient(MembershipService, transport)
  }

  async find(code: string): Promise<GroupInvite> {
    if (code.length !== CODE_LENGTH) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
    const { inviteId, maxUses, name, invitedBy } = await this.#membership.previewInvite({ code })
    return { inviteId, maxUses, groupName: name, createdBy: invitedBy }
  }
}
