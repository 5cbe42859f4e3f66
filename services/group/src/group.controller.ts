import { GroupKind } from '@beseda/proto/group/v1/events'
import type * as pb from '@beseda/proto/group/v1/group_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { Role } from '@beseda/proto/membership/v1/events'
import { Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { type Caller, Groups } from './application/groups.js'
import { Messages } from './application/messages.js'
import { GroupEvents } from './events.js'
import type { GroupRow, MessageRow } from './projections/queries.js'

const { method } = GroupService
const DEFAULT_PAGE = 50

/** The contract's GroupService: from messages to the application and back. */
@Controller()
export class GroupController {
  constructor(
    private readonly groups: Groups,
    private readonly messages: Messages,
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
  async updateGroup({ groupId, commandId, name, topic }: pb.UpdateGroupRequest, context: RpcContext) {
    const { group, seq } = await this.groups.update(groupId, { name, topic }, callerOf(context, commandId))
    return { group: this.#groupOf(group), seq: BigInt(seq) }
  }

  @Rpc(method.deleteGroup)
  async deleteGroup({ groupId, commandId }: pb.DeleteGroupRequest, context: RpcContext) {
    const { seq } = await this.groups.delete(groupId, callerOf(context, commandId))
    this.events.deleted(groupId)
    return { seq: BigInt(seq) }
  }

  @Rpc(method.postMessage)
  async postMessage({ messageId, groupId, text, replyTo }: pb.PostMessageRequest, context: RpcContext) {
    const { userId, now, traceparent, signal } = callerOf(context, messageId)
    const row = await this.messages.post({
      messageId,
      groupId,
      authorId: userId,
      text,
      replyTo,
      now,
      traceparent,
      signal,
    })
    this.events.posted()
    return { message: messageOf(row) }
  }

  @Rpc(method.listMessages)
  async listMessages(request: pb.ListMessagesRequest, context: RpcContext) {
    const { messages, hasMore } = await this.messages.page(
      request.groupId,
      requireUser(context),
      {
        beforeSeq: Number(request.beforeSeq),
        afterSeq: Number(request.afterSeq),
        minSeq: Number(request.minSeq),
        limit: request.limit || DEFAULT_PAGE,
      },
      context.signal,
    )
    return { messages: messages.map(messageOf), hasMore }
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
    }
  }
}

const callerOf = (context: RpcContext, commandId: string): Caller => ({
  commandId,
  userId: requireUser(context),
  now: new Date(),
  traceparent: context.traceparent,
  signal: context.signal,
})

const messageOf = (row: MessageRow) => ({
  id: row.id,
  groupId: row.group_id,
  authorId: row.author_id,
  text: row.text,
  replyTo: row.reply_to,
  sentAt: timestampFromMs(row.sent_at),
  seq: BigInt(row.seq),
  index: row.idx,
})
