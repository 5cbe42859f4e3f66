import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupService, type Message } from '@beseda/proto/group/v1/group_service'
import { HEADERS } from '@beseda/rpc'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import { MessageSource } from '../application/ports.js'

/** Asks the replica that serves the group, as the person who forwards. */
export class RemoteMessages extends MessageSource {
  readonly #groups: Client<typeof GroupService>

  constructor(rpc: Transport) {
    super()
    this.#groups = createClient(GroupService, rpc)
  }

  async read(groupId: string, messageId: string, userId: string, signal: AbortSignal): Promise<Message> {
    const options = { signal, headers: { [HEADERS.user]: userId } }
    const { message } = await this.#groups.getMessage({ groupId, messageId }, options)
    if (!message || message.deleted) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
    return message
  }
}
