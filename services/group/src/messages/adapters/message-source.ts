import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { HEADERS } from '@beseda/rpc'
import { createClient, type Transport } from '@connectrpc/connect'
import type { MessageSource } from '../application/posting.js'

/** Asks whichever replica has the group, as the person who forwards. */
export function remoteMessages(rpc: Transport): MessageSource {
  const groups = createClient(GroupService, rpc)
  return {
    async read(groupId, messageId, userId, signal) {
      const { message } = await groups.getMessage(
        { groupId, messageId },
        { signal, headers: { [HEADERS.user]: userId } },
      )
      if (!message || message.deleted) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
      return message
    },
  }
}
