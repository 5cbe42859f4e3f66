import type * as pb from '@beseda/proto/group/v1/group_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { Context, Rpc, type RpcContext, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { GroupEvents } from '../../../events.js'
import { FollowedThreads } from '../../application/followed-threads.js'
import { HiddenMessages } from '../../application/hidden-messages.js'
import { MessageChanges } from '../../application/message-changes.js'
import { MessageQueries } from '../../application/message-queries.js'
import { Posting } from '../../application/posting.js'
import { ReadMarkers } from '../../application/read-markers.js'
import { WebhookPosting } from '../../application/webhook-posting.js'
import { pageRequestFrom, searchFrom, threadsRequestFrom, toFound, toPage, toPosted, toThreads } from './mapping.js'

const { method } = GroupService

/** The methods of GroupService about messages. */
@Controller()
export class MessageController {
  constructor(
    private readonly posting: Posting,
    private readonly webhookPosting: WebhookPosting,
    private readonly changes: MessageChanges,
    private readonly hidden: HiddenMessages,
    private readonly queries: MessageQueries,
    private readonly markers: ReadMarkers,
    private readonly threads: FollowedThreads,
    private readonly events: GroupEvents,
  ) {}

  @Rpc(method.postMessage)
  async postMessage(request: pb.PostMessageRequest, @SignedIn() user: SignedInUser) {
    const { messageId, groupId, text, replyTo, threadId, alsoToGroup, attachments, forward, poll } = request
    const { userId: authorId, now, traceparent, signal } = user.command(messageId)
    const content = { messageId, groupId, text, replyTo, threadId, alsoToGroup, attachments, forward, poll }
    const { place, isNew } = await this.posting.post({ ...content, authorId, now, traceparent, signal })
    if (isNew) this.events.posted('person')
    return toPosted(place)
  }

  @Rpc(method.postByWebhook)
  async postByWebhook(request: pb.PostByWebhookRequest, @Context() { traceparent, signal }: RpcContext) {
    const { token, messageId, text, authorName } = request
    const post = { token, messageId, text, authorName, now: new Date(), traceparent, signal }
    const { place, isNew } = await this.webhookPosting.post(post)
    if (isNew) this.events.posted('webhook')
    return { message: this.queries.posted(place.groupId, place.id) }
  }

  @Rpc(method.editMessage)
  async editMessage({ groupId, messageId, commandId, text }: pb.EditMessageRequest, @SignedIn() user: SignedInUser) {
    const seq = await this.changes.edit(groupId, messageId, text, user.command(commandId))
    const message = await this.queries.get(groupId, messageId, user.userId, seq, user.signal)
    return { message, seq: BigInt(seq) }
  }

  @Rpc(method.deleteMessage)
  async deleteMessage(request: pb.DeleteMessageRequest, @SignedIn() user: SignedInUser) {
    const { groupId, messageId, commandId, forMe } = request
    const command = user.command(commandId)
    if (!forMe) return { seq: BigInt(await this.changes.delete(groupId, messageId, command)) }
    await this.hidden.hide(groupId, messageId, command)
    return { seq: 0n }
  }

  @Rpc(method.setReaction)
  async setReaction(request: pb.SetReactionRequest, @SignedIn() user: SignedInUser) {
    const { groupId, messageId, commandId, emoji, present } = request
    const seq = await this.changes.react(groupId, messageId, emoji, present, user.command(commandId))
    return { seq: BigInt(seq) }
  }

  @Rpc(method.setPinned)
  async setPinned({ groupId, messageId, commandId, pinned }: pb.SetPinnedRequest, @SignedIn() user: SignedInUser) {
    const seq = await this.changes.pin(groupId, messageId, pinned, user.command(commandId))
    return { seq: BigInt(seq) }
  }

  @Rpc(method.getMessage)
  async getMessage({ groupId, messageId, minSeq }: pb.GetMessageRequest, @SignedIn() user: SignedInUser) {
    return { message: await this.queries.get(groupId, messageId, user.userId, Number(minSeq), user.signal) }
  }

  @Rpc(method.listMessages)
  async listMessages(request: pb.ListMessagesRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const page = pageRequestFrom(request)
    return toPage(await this.queries.page(page, userId, signal), page)
  }

  @Rpc(method.listPins)
  async listPins({ groupId, minSeq }: pb.ListPinsRequest, @SignedIn() { userId, signal }: SignedInUser) {
    return { messages: [...(await this.queries.pins(groupId, userId, Number(minSeq), signal))] }
  }

  @Rpc(method.searchMessages)
  async searchMessages(request: pb.SearchMessagesRequest, @SignedIn() { userId, signal }: SignedInUser) {
    return toFound(await this.queries.search(request.groupId, userId, searchFrom(request), signal))
  }

  @Rpc(method.markRead)
  async markRead(request: pb.MarkReadRequest, @SignedIn() user: SignedInUser) {
    const { groupId, threadId, seq, index, backs } = request
    const place = { seq: Number(seq), index }
    const state = await this.markers.markRead({ groupId, threadId, place, backs }, user.command())
    return state ? { state } : {}
  }

  @Rpc(method.markUnread)
  async markUnread({ groupId, seq, index, backs }: pb.MarkUnreadRequest, @SignedIn() user: SignedInUser) {
    return { state: await this.markers.markUnread(groupId, { seq: Number(seq), index }, backs, user.command()) }
  }

  @Rpc(method.listReadStates)
  async listReadStates(request: pb.ListReadStatesRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const { groupId, minSeq, afterBlock } = request
    return { states: await this.markers.states({ groupId, minSeq: Number(minSeq), afterBlock }, userId, signal) }
  }

  @Rpc(method.listReaders)
  async listReaders({ groupId, messageId }: pb.ListReadersRequest, @SignedIn() { userId, signal }: SignedInUser) {
    return { userIds: [...(await this.markers.readers(groupId, messageId, userId, signal))] }
  }

  @Rpc(method.listThreads)
  async listThreads(request: pb.ListThreadsRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const { groupId, threadId, minSeq } = request
    if (groupId !== '' && threadId !== '') {
      return { threads: [await this.threads.one(groupId, threadId, Number(minSeq), userId, signal)] }
    }
    return toThreads(await this.threads.list(threadsRequestFrom(request), userId, signal))
  }

  @Rpc(method.followThread)
  async followThread(request: pb.FollowThreadRequest, @SignedIn() user: SignedInUser) {
    const { commandId, groupId, threadId, follows } = request
    return { thread: await this.threads.follow(groupId, threadId, follows, user.command(commandId)) }
  }

  @Rpc(method.listThreadFollowers)
  async listThreadFollowers(request: pb.ListThreadFollowersRequest, @Context() { signal }: RpcContext) {
    const { groupId, threadId, userIds, minSeq } = request
    return { userIds: [...(await this.threads.followers(groupId, threadId, userIds, Number(minSeq), signal))] }
  }
}
