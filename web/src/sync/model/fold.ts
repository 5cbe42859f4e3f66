import type { CommitPosition } from '@beseda/client-protocol'
import { Role } from '@beseda/proto/common/v1/roles'
import type { MessageDeleted, MessageEdited, ReactionChanged } from '@beseda/proto/group/v1/events'
import type { ReadState } from '@beseda/proto/group/v1/group_service'
import type { Commit, Event } from '@beseda/proto/log/v1/commit'
import { mentionsMember, rosterChanges, sameEmoji } from '@beseda/rules'
import { msOf, postedMessage, readMark } from './convert.js'
import { type ChatMessage, COUNTED, type Conversation } from './model.js'
import { isAfter, mentioned, readTo, within, withLocalThreads } from './read-mark.js'

export interface LaneCommit extends CommitPosition {
  readonly commit: Commit
}

/** The conversation after a commit. Law: a fetched state folded with later commits equals a fresh fetch. */
export function applyCommit(conversation: Conversation, change: LaneCommit, me: string): Conversation {
  const { lane, seq, commit } = change
  let next: Conversation = { ...conversation, seqs: { ...conversation.seqs, [lane]: seq } }
  const at = msOf(commit.time)
  for (const [index, event] of commit.events.entries()) {
    next = applyMessageEvent(next, event, { at, seq, index, me })
    next = applyGroupEvent(next, event, me)
  }
  return next
}

interface Context {
  readonly at: number
  readonly seq: number
  readonly index: number
  readonly me: string
}

function applyMessageEvent(conversation: Conversation, { body, actorId }: Event, context: Context): Conversation {
  switch (body.case) {
    case 'messagePosted': {
      const { at, seq, index, me } = context
      return withMessage(conversation, postedMessage(body.value, at, seq, index), me)
    }
    case 'messageEdited':
      return edited(conversation, body.value, context)
    case 'messageDeleted':
      return deleted(conversation, body.value, context)
    case 'reactionChanged':
      return change(conversation, body.value.messageId, (message) => reacted(message, actorId, body.value), context.seq)
    case 'pinChanged': {
      const { messageId, pinned } = body.value
      return change(conversation, messageId, (message) => ({ ...message, pinned }), context.seq)
    }
    default:
      return conversation
  }
}

function applyGroupEvent(conversation: Conversation, { body, actorId }: Event, me: string): Conversation {
  let next = conversation
  if (body.case === 'groupUpdated') {
    const { name = next.name, topic = next.topic, avatarFileId = next.avatarFileId } = body.value
    const { settings = next.settings, archived = next.archived } = body.value
    next = { ...next, name, topic, avatarFileId, settings, archived }
  }
  if (body.case === 'memberMuted') {
    next = { ...next, mutes: new Map(next.mutes).set(body.value.userId, msOf(body.value.until)) }
  }
  if (body.case === 'joinRequested') next = { ...next, joinRequests: next.joinRequests + 1 }
  // Adding someone with a pending join request approves the request.
  const approved = body.case === 'memberJoined' && actorId !== body.value.userId
  if (body.case === 'joinDeclined' || approved) next = { ...next, joinRequests: Math.max(0, next.joinRequests - 1) }
  for (const { userId, role } of rosterChanges(body)) next = withMember(next, userId, role, me)
  return next
}

/** Updates a message wherever it is shown. `seq`: of the change; a page that was ahead of the events includes it already. */
export function change(
  conversation: Conversation,
  messageId: string,
  make: (message: ChatMessage) => ChatMessage,
  seq = Number.POSITIVE_INFINITY,
): Conversation {
  const one = (message: ChatMessage) => (message.id === messageId && !(message.asOf >= seq) ? make(message) : message)
  const { messages, thread, lastMessage } = conversation
  return {
    ...conversation,
    messages: messages?.map(one),
    thread: thread && { ...thread, messages: thread.messages.map(one) },
    lastMessage: lastMessage && one(lastMessage),
  }
}

export const findMessage = (conversation: Conversation, messageId: string): ChatMessage | undefined =>
  conversation.messages?.find(({ id }) => id === messageId) ??
  conversation.thread?.messages.find(({ id }) => id === messageId) ??
  (conversation.lastMessage?.id === messageId ? conversation.lastMessage : undefined)

/** The counters with a message added or removed. */
function counted(conversation: Conversation, message: ChatMessage, me: string, step: 1 | -1): Conversation {
  const { read, role } = conversation
  const { threadId } = message
  if (message.authorId === me || message.deleted || !isAfter(message, readTo(read, threadId))) return conversation
  if (conversation.silent.has(message.authorId)) return conversation
  const full = read.unread >= COUNTED || read.mentions >= COUNTED
  const one = { ...read, unread: threadId === '' ? within(read.unread + step) : read.unread }
  const isMentioned = mentionsMember(message, { userId: me, role })
  const countersStale = conversation.countersStale || (full && step < 0)
  return { ...conversation, read: isMentioned ? mentioned(one, threadId, message.id, step) : one, countersStale }
}

/**
 * A second message with the same id is ignored. A message that is present with this sequence came in a page that was ahead of
 * the counters.
 */
function withMessage(conversation: Conversation, message: ChatMessage, me: string): Conversation {
  const known = findMessage(conversation, message.id)
  const isFirst = known?.seq === message.seq && known.index === message.index
  if (known && !isFirst) return conversation
  const next = counted(conversation, message, me, 1)
  if (message.threadId !== '') return withAnswer(next, message, known === undefined)
  if (known) return next
  return {
    ...next,
    messages: next.hasNewer ? next.messages : next.messages && [...next.messages, message],
    lastMessage: message,
    lastMessageSeq: message.seq,
    lastActivityAt: message.sentAt,
  }
}

function withAnswer(conversation: Conversation, message: ChatMessage, isNew: boolean): Conversation {
  const { thread } = conversation
  const isOpen = isNew && thread?.id === message.threadId
  const open = isOpen ? { ...thread, messages: [...thread.messages, message] } : thread
  const oneMore = (head: ChatMessage) => ({
    ...head,
    replyCount: head.replyCount + 1,
    lastReplyAt: Math.max(head.lastReplyAt, message.sentAt),
  })
  const counted = change({ ...conversation, thread: open }, message.threadId, oneMore, message.seq)
  return { ...counted, lastMessageSeq: message.seq, lastActivityAt: message.sentAt }
}

function edited(conversation: Conversation, event: MessageEdited, { at, seq, me }: Context): Conversation {
  const { messageId, text, mentions } = event
  const before = findMessage(conversation, messageId)
  if (!before) return { ...conversation, countersStale: true }
  // The page that brought it includes this edit, but the earlier mentions are unknown.
  if (before.asOf >= seq) return { ...conversation, countersStale: true }
  const after = { ...before, text, mentions, editedAt: at }
  const recounted = counted(counted(conversation, before, me, -1), after, me, 1)
  return change(recounted, messageId, (message) => ({ ...message, text, mentions, editedAt: at }), seq)
}

/** Deleted for everybody. A reply that was never loaded here still counts at its thread's head. */
function deleted(conversation: Conversation, { messageId, threadId }: MessageDeleted, context: Context): Conversation {
  const { me, seq } = context
  const known = findMessage(conversation, messageId) !== undefined
  const next = withoutMessage(conversation, messageId, me, 'all', seq)
  return known || threadId === '' ? next : withoutAnswer(next, threadId, seq)
}

/** Removed: for this person alone, or for everybody; then the head of a thread with replies stays as a placeholder. */
export function withoutMessage(
  conversation: Conversation,
  messageId: string,
  me: string,
  forWhom: 'me' | 'all' = 'all',
  seq?: number,
): Conversation {
  const gone = findMessage(conversation, messageId)
  if (!gone) return { ...conversation, countersStale: true }
  const next = counted(conversation, gone, me, -1)
  const stays = ({ id, replyCount }: ChatMessage) => id !== messageId || (forWhom === 'all' && replyCount > 0)
  const remove = (messages: readonly ChatMessage[]) =>
    messages.filter(stays).map((message) => (message.id === messageId ? emptied(message) : message))
  const { messages, thread, lastMessage } = next
  const left: Conversation = {
    ...next,
    messages: messages && remove(messages),
    thread: thread && { ...thread, messages: remove(thread.messages) },
  }
  const last = lastMessage?.id === messageId ? left.messages?.findLast(({ deleted }) => !deleted) : lastMessage
  const shown = { ...left, lastMessage: last }
  return gone.threadId === '' || forWhom === 'me' ? shown : withoutAnswer(shown, gone.threadId, seq)
}

/** The head of a thread with one reply less; a deleted head is removed with its last reply. */
function withoutAnswer(conversation: Conversation, threadId: string, seq?: number): Conversation {
  const oneLess = (head: ChatMessage) => {
    const replyCount = Math.max(0, head.replyCount - 1)
    return { ...head, replyCount, lastReplyAt: replyCount === 0 ? 0 : head.lastReplyAt }
  }
  const counted = change(conversation, threadId, oneLess, seq)
  const isLeft = ({ id, deleted, replyCount }: ChatMessage) => id !== threadId || !deleted || replyCount > 0
  return { ...counted, messages: counted.messages?.filter(isLeft) }
}

const emptied = (message: ChatMessage): ChatMessage => ({
  ...message,
  text: '',
  replyTo: '',
  editedAt: 0,
  attachments: [],
  mentions: undefined,
  forwarded: undefined,
  reactions: [],
  pinned: false,
  deleted: true,
})

function reacted(message: ChatMessage, userId: string, { emoji: sent, present }: ReactionChanged): ChatMessage {
  const emoji = sameEmoji(sent)
  const others = message.reactions.map((reaction) =>
    reaction.emoji === emoji
      ? { emoji, userIds: [...reaction.userIds.filter((id) => id !== userId), ...(present ? [userId] : [])] }
      : reaction,
  )
  const known = others.some((reaction) => reaction.emoji === emoji)
  const all = known || !present ? others : [...others, { emoji, userIds: [userId] }]
  return { ...message, reactions: all.filter(({ userIds }) => userIds.length > 0) }
}

function withMember(conversation: Conversation, userId: string, role: Role | undefined, me: string): Conversation {
  const mine = userId === me ? (role ?? Role.UNSPECIFIED) : conversation.role
  // Mentions of @admins concern me from now on, or no longer.
  const countersStale = conversation.countersStale || mine !== conversation.role
  const before = conversation.members
  if (!before) return { ...conversation, role: mine, countersStale }
  const members = new Map(before)
  if (role === undefined) members.delete(userId)
  else members.set(userId, role)
  return { ...conversation, members, memberCount: members.size, role: mine, countersStale }
}

/** Deleted for me alone, here or on another device. */
export const withHidden = (conversation: Conversation, messageId: string, me: string): Conversation => ({
  ...withoutMessage(conversation, messageId, me, 'me'),
  hidden: conversation.hidden + 1,
})

/** A read marker never moves back; counters are taken if they are as new as the local state, or newer. */
export function withReadState(conversation: Conversation, state: ReadState): Conversation {
  const mark = readMark(state)
  const { read, seqs } = conversation
  if (mark.seq < read.seq || (mark.seq === read.seq && mark.index < read.index)) return conversation
  if (Number(state.messagesSeq) < seqs.messages) return { ...conversation, countersStale: true }
  const countersStale = Number(state.messagesSeq) > seqs.messages
  return { ...conversation, read: withLocalThreads(mark, read), countersStale }
}

/** Applies a page, and the members, with changes since the request, and commits received while it was in flight. */
export function broughtUpToDate(
  conversation: Conversation,
  page: Partial<Pick<Conversation, 'messages' | 'thread' | 'hasNewer' | 'members' | 'mutes'>>,
  since: readonly LaneCommit[],
  me: string,
): Pick<Conversation, 'messages' | 'thread' | 'members' | 'mutes'> {
  // Without the newest known message: commits received later are not in the page, even if they are known elsewhere.
  const alone = { ...conversation, ...page, lastMessage: undefined }
  const folded = since.reduce<Conversation>((state, commit) => applyCommit(state, commit, me), alone)
  const { messages, thread, members, mutes } = folded
  return { messages, thread, members, mutes }
}

/** Joins a page to the loaded messages: in order, each message once, as the page has it. */
export function mergeMessages(page: readonly ChatMessage[], present: readonly ChatMessage[]): ChatMessage[] {
  const byId = new Map([...page, ...present].map((message) => [message.id, message]))
  return [...byId.values()].sort((a, b) => a.seq - b.seq || a.index - b.index)
}

/**
 * A run of messages that has grown at one end, cut at the other: long scrolling keeps at most `most` of them. Cut messages
 * are fetched again on the way back.
 */
export function cutRun(
  messages: readonly ChatMessage[],
  grown: 'older' | 'newer',
  most: number,
): { readonly messages: readonly ChatMessage[]; readonly hasOlder?: true; readonly hasNewer?: true } {
  if (messages.length <= most) return { messages }
  return grown === 'older'
    ? { messages: messages.slice(0, most), hasNewer: true }
    : { messages: messages.slice(-most), hasOlder: true }
}
