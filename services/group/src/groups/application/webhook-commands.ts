import { createHash } from 'node:crypto'
import type { CommandResult } from '@beseda/event-log'
import type { Caller } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { cleanName } from '@beseda/rules'
import type { Access } from './access.js'
import type { GroupLane } from './group-lane.js'
import type { GroupReader, KeyedHashes } from './ports.js'
import type { WebhookRecord } from './records.js'

/** 192 bits: nobody guesses a token. */
const TOKEN_BYTES = 24

/** Creates and deletes the incoming webhooks of groups. */
export class WebhookCommands {
  constructor(
    private readonly lane: GroupLane,
    private readonly groups: GroupReader,
    private readonly access: Access,
    private readonly keys: KeyedHashes,
  ) {}

  /**
   * Id and token are keyed hashes of the command and its author, so that a retry gets the same ones. A retry is answered only to
   * the author, with the same content, and as long as they may manage webhooks. Errors: NOT_A_MEMBER, NOT_PERMITTED, MUTED, TOO_MANY,
   * COMMAND_ID_REUSED.
   */
  async create(
    groupId: string,
    name: string,
    caller: Caller,
  ): Promise<CommandResult & { webhook: WebhookRecord; token: string }> {
    const parts = [groupId, caller.userId, caller.commandId]
    const webhookId = this.keys.id('webhook', ...parts)
    const secret = this.keys.hash('webhook', parts.join(' ')).subarray(0, TOKEN_BYTES)
    const token = Buffer.from(secret).toString('base64url')
    const hash = tokenHash(token)
    const result = await this.lane.runAsMember(groupId, caller, (by) => ({
      type: 'CreateWebhook',
      ...by,
      webhookId,
      name,
      tokenHash: hash,
    }))
    const webhook = this.groups.webhooks(groupId).find(({ id }) => id === webhookId)
    if (webhook?.name !== cleanName('name', name)) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    if (result.events.length === 0) await this.#requirePermission(groupId, caller)
    return { ...result, token, webhook }
  }

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED, MUTED, WEBHOOK_NOT_FOUND. */
  delete(groupId: string, webhookId: string, caller: Caller): Promise<CommandResult> {
    return this.lane.runAsMember(groupId, caller, (by) => ({ type: 'DeleteWebhook', ...by, webhookId }))
  }

  #requirePermission(groupId: string, { userId, signal }: Caller): Promise<void> {
    return this.access.permitted(Permission.MANAGE_WEBHOOKS, groupId, userId, 0, signal, () => undefined)
  }
}

/** What the log keeps of a token. */
export const tokenHash = (token: string): Uint8Array => createHash('sha256').update(token).digest()
