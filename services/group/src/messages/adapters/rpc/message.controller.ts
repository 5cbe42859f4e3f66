import type * as pb from '@beseda/proto/group/v1/group_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { callerOf, Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { GroupEvents } from '../../../events.js'
import { MessageChanges } from '../../application/message-changes.js'
import { Reading } from '../../application/message-queries.js'
import { Posting } from '../../application/posting.js'
import { Marks } from '../../application/read-markers.js'

const { method } = GroupService
const DEFAULT_PAGE = 50
const DEFAULT_FOUND = 25

/** The contract's GroupService, as far as messages go. */
@Controller()
export class MessageController {
  constructor(
    private readonly posting: Posting,
    private readonly changes: MessageChanges,
    private readonly reading: Reading,
    private readonly marks: Marks,
    private readonly events: GroupEvents,
  ) {}

  @Rpc(method.postMessage)
  async postMessage(request: pb.PostMessageRequest, context: RpcContext) {
    const { userId: authorId, now, traceparent, signal } = callerOf(context, request.messageId)
    const { messageId, groupId, text, replyTo, threadId, attachments, forward } = request
    const contents = { messageId, groupId, text, replyTo, threadId, attachments, forward }
    const row = await this.posting.post({ ...contents, authorId, now, traceparent, signal })
    this.events.posted('person')
    return { message: this.reading.messageOf(row) }
  }

  @Rpc(method.postByWebhook)
  async postByWebhook(request: pb.PostByWebhookRequest, { traceparent, signal }: RpcContext) {
    const { token, messageId, text, authorName } = request
    const post = { token, messageId, text, authorName, now: new Date(), traceparent, signal }
    const row = await this.posting.postByWebhook(post)
    this.events.posted('webhook')
    return { message: this.reading.messageOf(row) }
  }

  @Rpc(method.editMessage)
  async editMessage({ groupId, messageId, commandId, text }: pb.EditMessageRequest, context: RpcContext) {
    const caller = callerOf(context, commandId)
    const seq = await this.changes.edit(groupId, messageId, text, caller)
    const message = await this.reading.message(groupId, messageId, caller.userId, seq, context.signal)
    return { message, seq: BigInt(seq) }
  }

  @Rpc(method.deleteMessage)
  async deleteMessage({ groupId, messageId, commandId, forMe }: pb.DeleteMessageRequest, context: RpcContext) {
    const caller = callerOf(context, commandId)
    if (!forMe) return { seq: BigInt(await this.changes.delete(groupId, messageId, caller)) }
    await this.marks.hide(groupId, messageId, caller)
    return { seq: 0n }
  }

  @Rpc(method.setReaction)
  async setReaction({ groupId, messageId, commandId, emoji, present }: pb.SetReactionRequest, context: RpcContext) {
    const seq = await this.changes.react(groupId, messageId, emoji, present, callerOf(context, commandId))
    return { seq: BigInt(seq) }
  }

  @Rpc(method.setPinned)
  async setPinned({ groupId, messageId, commandId, pinned }: pb.SetPinnedRequest, context: RpcContext) {
    const seq = await this.changes.pin(groupId, messageId, pinned, callerOf(context, commandId))
    return { seq: BigInt(seq) }
  }

  @Rpc(method.getMessage)
  async getMessage({ groupId, messageId, minSeq }: pb.GetMessageRequest, context: RpcContext) {
    const userId = requireUser(context)
    return { message: await this.reading.message(groupId, messageId, userId, Number(minSeq), context.signal) }
  }

  @Rpc(method.listMessages)
  async listMessages(request: pb.ListMessagesRequest, context: RpcContext) {
    const { groupId, threadId, aroundMessageId } = request
    const numbers = {
      beforeSeq: Number(request.beforeSeq),
      afterSeq: Number(request.afterSeq),
      minSeq: Number(request.minSeq),
      limit: request.limit || DEFAULT_PAGE,
    }
    const atTime = request.atTime && timestampMs(request.atTime)
    const place = { groupId, threadId, aroundMessageId, atTime, ...numbers }
    const page = await this.reading.page(place, requireUser(context), context.signal)
    const hasMore = numbers.afterSeq > 0 ? page.hasNewer : page.hasOlder
    return { ...page, messages: [...page.messages], hasMore, messagesSeq: BigInt(page.messagesSeq) }
  }

  @Rpc(method.listPins)
  async listPins({ groupId, minSeq }: pb.ListPinsRequest, context: RpcContext) {
    return { messages: await this.reading.pins(groupId, requireUser(context), Number(minSeq), context.signal) }
  }

  @Rpc(method.searchMessages)
  async searchMessages({ groupId, query, authorId, has, ...rest }: pb.SearchMessagesRequest, context: RpcContext) {
    const limit = rest.limit || DEFAULT_FOUND
    const span = { after: msOf(rest.after), before: msOf(rest.before) }
    const search = { query, authorId, has, ...span, cursor: Number(rest.cursor) || 0, limit }
    const { messages, next } = await this.reading.search(groupId, requireUser(context), search, context.signal)
    return { messages: [...messages], next: next > 0 ? String(next) : '' }
  }

  @Rpc(method.markRead)
  async markRead({ groupId, seq, index }: pb.MarkReadRequest, context: RpcContext) {
    return { state: await this.marks.read(groupId, Number(seq), index, callerOf(context)) }
  }

  @Rpc(method.listReadStates)
  async listReadStates({ groupId, minSeq }: pb.ListReadStatesRequest, context: RpcContext) {
    return { states: await this.marks.states(groupId, requireUser(context), Number(minSeq), context.signal) }
  }

  @Rpc(method.listReaders)
  async listReaders({ groupId, messageId }: pb.ListReadersRequest, context: RpcContext) {
    return { userIds: await this.marks.readers(groupId, messageId, requireUser(context), context.signal) }
  }
}

/** Unix ms; 0: not given. */
const msOf = (timestamp: Timestamp | undefined): number => (timestamp ? Math.max(0, timestampMs(timestamp)) : 0)
