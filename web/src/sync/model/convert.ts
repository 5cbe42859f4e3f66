import { headsOf, type LaneHeads } from '@beseda/client-protocol'
import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import { GroupSettingsSchema, type MessagePosted } from '@beseda/proto/group/v1/events'
import type { ListMessagesResponse, Message, ReadState } from '@beseda/proto/group/v1/group_service'
import type { MyGroup } from '@beseda/proto/membership/v1/membership_service'
import { create } from '@bufbuild/protobuf'
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import { type ChatMessage, type Conversation, NOBODY, NOTHING_READ, type ReadMark } from './model.js'

/** Unix ms; 0: none. */
export const msOf = (timestamp: Timestamp | undefined): number => (timestamp ? timestampMs(timestamp) : 0)

/** A message of a page, as of the sequence that the page states. */
export const pageMessages = ({ messages, messagesSeq }: ListMessagesResponse): ChatMessage[] =>
  messages.map((message) => ({ ...chatMessage(message), asOf: Number(messagesSeq) }))

/** A message that was fetched individually. */
export const chatMessage = (message: Message): ChatMessage => ({
  id: message.id,
  authorId: message.authorId,
  authorName: message.authorName,
  text: message.text,
  replyTo: message.replyTo,
  threadId: message.threadId,
  alsoInThread: message.alsoInThread,
  sentAt: msOf(message.sentAt),
  editedAt: msOf(message.editedAt),
  expiresAt: msOf(message.expiresAt),
  attachments: message.attachments,
  mentions: message.mentions,
  forwarded: message.forwarded,
  poll: message.poll,
  reactions: message.reactions.map(({ emoji, userIds }) => ({ emoji, userIds })),
  pinned: message.pinned,
  deleted: message.deleted,
  replyCount: message.replyCount,
  lastReplyAt: msOf(message.lastReplyAt),
  seq: Number(message.seq),
  index: message.index,
  asOf: 0,
})

/** A message that was just posted. */
export const postedMessage = (event: MessagePosted, sentAt: number, seq: number, index: number): ChatMessage => ({
  id: event.messageId,
  authorId: event.authorId,
  authorName: event.authorName,
  text: event.text,
  replyTo: event.replyTo,
  threadId: event.threadId,
  alsoInThread: event.alsoInThread,
  sentAt,
  editedAt: 0,
  expiresAt: msOf(event.expiresAt),
  attachments: event.attachments,
  mentions: event.mentions,
  forwarded: event.forwarded,
  poll: event.poll,
  reactions: [],
  pinned: false,
  deleted: false,
  replyCount: 0,
  lastReplyAt: 0,
  seq,
  index,
  asOf: 0,
})

export const readMark = (state: ReadState): ReadMark => ({
  seq: Number(state.readSeq),
  index: state.readIndex,
  unread: state.unread,
  mentions: state.mentions,
  threadsTo: { seq: Number(state.threadsSeq), index: state.threadsIndex },
  threads: state.threads.map(({ threadId, readSeq, readIndex, mentions, firstMentionId }) => ({
    id: threadId,
    seq: Number(readSeq),
    index: readIndex,
    mentions,
    firstMention: firstMentionId,
  })),
  asOf: Number(state.asOfSeq || state.messagesSeq),
  backs: state.backs,
  markedUnread: state.markedUnread,
})

/** The counters do not include something received here: a message, or a change of my role, on which mentions depend. */
export const lacks = (state: ReadState, { messages, roster }: Pick<LaneHeads, 'messages' | 'roster'>): boolean =>
  Math.max(Number(state.messagesSeq), Number(state.asOfSeq)) < messages ||
  // Older servers do not state up to which sequence they have read the roster.
  (state.asOfSeq > 0n && Number(state.asOfSeq) < roster)

/** A conversation of which only the summary has been fetched. */
export const conversationOf = (
  group: MyGroup,
  head: Cursor,
  state: ReadState | undefined,
  me: string,
): Conversation => ({
  id: group.groupId,
  epoch: head.epoch,
  seqs: headsOf(head),
  asOf: { summary: Number(group.asOfSeq), members: 0, messages: 0 },
  kind: group.kind,
  name: group.name,
  topic: group.topic,
  avatarFileId: group.avatarFileId,
  settings: group.settings ?? create(GroupSettingsSchema),
  archived: group.archived,
  peerId: group.peerId,
  role: group.role,
  memberCount: group.memberCount,
  members: undefined,
  mutes: new Map(group.mutedUntil ? [[me, msOf(group.mutedUntil)]] : []),
  joinRequests: group.joinRequests,
  messages: undefined,
  hasOlder: false,
  hasNewer: false,
  thread: undefined,
  lastActivityAt: msOf(group.lastActivityAt),
  lastMessageSeq: Math.max(Number(group.lastMessageSeq), Number(head.messagesSeq)),
  lastMessage: undefined,
  read: state ? readMark(state) : NOTHING_READ,
  hidden: state?.hidden ?? 0,
  hiddenAhead: [],
  silent: NOBODY,
  countersStale: !state || lacks(state, headsOf(head)),
})
