import { GroupKind } from '@beseda/proto/group/v1/events'
import type * as pb from '@beseda/proto/group/v1/group_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { GroupEvents } from '../../../events.js'
import { GroupCommands } from '../../application/group-commands.js'
import { GroupQueries } from '../../application/group-queries.js'
import { WebhookCommands } from '../../application/webhook-commands.js'
import { settingsFrom, toGroup, toWebhook } from './mapping.js'

const { method } = GroupService

/** The methods of GroupService about groups and their webhooks. */
@Controller()
export class GroupController {
  constructor(
    private readonly commands: GroupCommands,
    private readonly webhooks: WebhookCommands,
    private readonly queries: GroupQueries,
    private readonly events: GroupEvents,
  ) {}

  @Rpc(method.createGroup)
  async createGroup(request: pb.CreateGroupRequest, @SignedIn() user: SignedInUser) {
    const { groupId, seq, created } = await this.commands.create(request, user.command(request.commandId))
    const picture = this.queries.picture(groupId)
    if (created) this.events.created(groupId, GroupKind[picture.group.kind])
    return { group: toGroup(picture), seq: BigInt(seq), created }
  }

  @Rpc(method.getGroup)
  async getGroup({ groupId, minSeq }: pb.GetGroupRequest, @SignedIn() { userId, signal }: SignedInUser) {
    return { group: toGroup(await this.queries.get(groupId, userId, Number(minSeq), signal)) }
  }

  @Rpc(method.updateGroup)
  async updateGroup(request: pb.UpdateGroupRequest, @SignedIn() user: SignedInUser) {
    const { groupId, commandId, name, topic, avatarFileId, archived, settings } = request
    const update = { name, topic, avatarFileId, archived, settings: settings && settingsFrom(settings) }
    const { seq } = await this.commands.update(groupId, update, user.command(commandId))
    return { group: toGroup(this.queries.picture(groupId)), seq: BigInt(seq) }
  }

  @Rpc(method.deleteGroup)
  async deleteGroup({ groupId, commandId }: pb.DeleteGroupRequest, @SignedIn() user: SignedInUser) {
    const { seq, events } = await this.commands.delete(groupId, user.command(commandId))
    if (events.length > 0) this.events.deleted(groupId)
    return { seq: BigInt(seq) }
  }

  @Rpc(method.createWebhook)
  async createWebhook({ groupId, commandId, name }: pb.CreateWebhookRequest, @SignedIn() user: SignedInUser) {
    const { webhook, token, seq } = await this.webhooks.create(groupId, name, user.command(commandId))
    return { webhook: toWebhook(webhook), token, seq: BigInt(seq) }
  }

  @Rpc(method.listWebhooks)
  async listWebhooks({ groupId, minSeq }: pb.ListWebhooksRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const webhooks = await this.queries.webhooks(groupId, userId, Number(minSeq), signal)
    return { webhooks: webhooks.map(toWebhook) }
  }

  @Rpc(method.deleteWebhook)
  async deleteWebhook({ groupId, commandId, webhookId }: pb.DeleteWebhookRequest, @SignedIn() user: SignedInUser) {
    const { seq } = await this.webhooks.delete(groupId, webhookId, user.command(commandId))
    return { seq: BigInt(seq) }
  }
}
