import type { CommandResult } from '@beseda/event-log'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, type GroupSettings, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import type * as pb from '@beseda/proto/group/v1/group_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { callerOf, Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { GroupEvents } from '../../../events.js'
import { Groups } from '../../application/group-commands.js'
import { type GroupRow, settingsOf, type WebhookRow } from '../views/group-reader.js'

const { method } = GroupService

/** The contract's GroupService, as far as groups and their webhooks go. */
@Controller()
export class GroupController {
  constructor(
    private readonly groups: Groups,
    private readonly events: GroupEvents,
  ) {}

  @Rpc(method.createGroup)
  async createGroup(request: pb.CreateGroupRequest, context: RpcContext) {
    const { group, seq, created } = await this.groups.create(request, callerOf(context, request.commandId))
    if (created) this.events.created(group.id, GroupKind[group.kind])
    return { group: this.#groupOf(group), seq: BigInt(seq), created }
  }

  @Rpc(method.getGroup)
  async getGroup({ groupId, minSeq }: pb.GetGroupRequest, context: RpcContext) {
    const group = await this.groups.get(groupId, requireUser(context), Number(minSeq), context.signal)
    return { group: this.#groupOf(group) }
  }

  @Rpc(method.updateGroup)
  async updateGroup({ groupId, commandId, settings, ...request }: pb.UpdateGroupRequest, context: RpcContext) {
    const { name, topic, avatarFileId, archived } = request
    const change = { name, topic, avatarFileId, archived, settings: settings && settingsFrom(settings) }
    const { group, seq } = await this.groups.update(groupId, change, callerOf(context, commandId))
    return { group: this.#groupOf(group), seq: BigInt(seq) }
  }

  @Rpc(method.deleteGroup)
  async deleteGroup({ groupId, commandId }: pb.DeleteGroupRequest, context: RpcContext) {
    const result = await this.groups.delete(groupId, callerOf(context, commandId))
    this.events.deleted(groupId)
    return seqOf(result)
  }

  @Rpc(method.createWebhook)
  async createWebhook({ groupId, commandId, name }: pb.CreateWebhookRequest, context: RpcContext) {
    const { webhook, token, seq } = await this.groups.createWebhook(groupId, name, callerOf(context, commandId))
    return { webhook: webhookOf(webhook), token, seq: BigInt(seq) }
  }

  @Rpc(method.listWebhooks)
  async listWebhooks({ groupId, minSeq }: pb.ListWebhooksRequest, context: RpcContext) {
    const rows = await this.groups.webhooks(groupId, requireUser(context), Number(minSeq), context.signal)
    return { webhooks: rows.map(webhookOf) }
  }

  @Rpc(method.deleteWebhook)
  async deleteWebhook({ groupId, commandId, webhookId }: pb.DeleteWebhookRequest, context: RpcContext) {
    return seqOf(await this.groups.deleteWebhook(groupId, webhookId, callerOf(context, commandId)))
  }

  #groupOf(row: GroupRow) {
    const members = this.groups.members(row.id)
    return {
      id: row.id,
      kind: row.kind,
      name: row.name,
      topic: row.topic,
      createdAt: timestampFromMs(row.created_at),
      memberCount: members.length,
      ownerId: members.find(({ role }) => role === Role.OWNER)?.user_id ?? '',
      directUserIds: row.kind === GroupKind.DIRECT ? members.map(({ user_id }) => user_id) : [],
      avatarFileId: row.avatar_file_id,
      settings: settingsOf(row),
      archived: row.archived === 1,
    }
  }
}

const seqOf = ({ seq }: CommandResult) => ({ seq: BigInt(seq) })

const settingsFrom = (input: pb.SettingsInput): GroupSettings => {
  const { $typeName: _, $unknown: __, ...settings } = input
  return create(GroupSettingsSchema, settings)
}

const webhookOf = (row: WebhookRow) => ({
  id: row.id,
  name: row.name,
  createdBy: row.created_by,
  createdAt: timestampFromMs(row.created_at),
})
