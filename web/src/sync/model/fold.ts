import type { CommitPosition } from '@beseda/client-protocol'
import { Role } from '@beseda/proto/common/v1/roles'
import type { MessageDeleted, MessageEdited, ReactionChanged } from '@beseda/proto/group/v1/events'
import type { ReadState } from '@beseda/proto/group/v1/group_service'
import type { Commit, Event } from '@beseda/proto/log/v1/commit'
import { rosterChanges, sameEmoji } from '@beseda/rules'
import type { Timestamp } from '@bufbuild/protobuf/wkt'
import { msOf, postedMessage } from './convert.js'
import { counted, withReadState, withStaleCounters } from './counters.js'
import type { ChatMessage, Conversation } from './model.js'

export interface LaneCommit extends CommitPosition {
  readonly commit: Commit
}

/**
 * The conversation after a commit. Law: a fetched state folded with all commits after its cursor equals a fresh fetch, also when parts of
 * what was fetched are ahead of the cursor (`asOf`).
 */
export function applyCommit(conversation: Conversation, change: LaneCommit, me: string): Conversation {
  const { lane, seq, commit } = change
  let next: Conversation = { ...conversation, seqs: { ...conversation.seqs, [lane]: seq } }
  const at = msOf(commit.time)
  for (const [index, event] of commit.events.entries()) {
    next = applyMessageEvent(next, event, { at, seq, index, me })
    next = applyGroupEvent(next, event, seq)
    next = applyRosterEvent(next, event, seq, me)
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

/** The fields of the group's summary. Join requests are a count, so no commit may be applied twice. */
function applyGroupEvent(conversation: Conversation, { body, actorId }: Event, seq: number): Conversation {
  if (seq <= conversation.asOf.summary) return conversation
  const { joinRequests } = conversation
  switch (body.case) {
    case 'groupUpdated': {
      const { name = conversation.name, topic = conversation.topic } = body.value
      const { avatarFileId = conversation.avatarFileId, settings = conversation.settings } = body.value
      const { archived = conversation.archived } = body.value
      return { ...conversation, name, topic, avatarFileId, settings, archived }
    }
    case 'joinRequested':
      return { ...conversation, joinRequests: joinRequests + 1 }
    case 'joinDeclined':
      return { ...conversation, joinRequests: Math.max(0, joinRequests - 1) }
    case 'memberJoined':
      // Adding someone with a pending join request approves the request.
      return actorId === body.value.userId
        ? conversation
        : { ...conversation, joinRequests: Math.max(0, joinRequests - 1) }
    default:
      return conversation
  }
}

function applyRosterEvent(conversation: Conversation, { body }: Event, seq: number, me: string): Conversation {
  const { asOf, members } = conversation
  const isKnown = seq <= (members ? asOf.members : asOf.summary)
  const muted = isKnown ? [] : mutesIn(body)
  const mutes = new Map(conversation.mutes)
  for (const [userId, until] of muted) mutes.set(userId, msOf(until))
  return rosterChanges(body).reduce(
    (next, { userId, role }) => {
      const mine = userId === me ? withMyRole(next, role, seq) : next
      return isKnown ? mine : withMember(mine, userId, role)
    },
    muted.length > 0 ? { ...conversation, mutes } : conversation,
  )
}

/** Whom an event mutes, and until when: also who comes back with a mute, of which a page that was fetched meanwhile says nothing. */
function mutesIn(body: Event['body']): readonly (readonly [string, Timestamp | undefined])[] {
  if (body.case === 'memberMuted') return [[body.value.userId, body.value.until]]
  if (body.case === 'membersAdded') return body.value.stillMuted.map(({ userId, until }) => [userId, until])
  return body.case === 'memberJoined' && body.value.mutedUntil ? [[body.value.userId, body.value.mutedUntil]] : []
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

/**
 * A second message with the same id is ignored. A message that is present with this sequence came in a page that was ahead of
 * the counters; one that is missing in a page that was ahead has been deleted since.
 */
function withMessage(conversation: Conversation, message: ChatMessage, me: string): Conversation {
  const known = findMessage(conversation, message.id)
  const isFirst = known?.seq === message.seq && known.index === message.index
  if (known && !isFirst) return conversation
  if (conversation.hiddenAhead.includes(message.id)) return withAnswer(conversation, message, false)
  const active = withActivity(counted(conversation, message, me, 1, message.seq), message)
  const next = withAnswer(active, message, !active.thread?.messages.some(({ id }) => id === message.id))
  // One that is also in a thread may have come with the thread alone.
  const isInMain = findMessage({ ...conversation, thread: undefined }, message.id)
  if (message.threadId || isInMain || message.seq <= conversation.asOf.messages) return next
  const messages = next.hasNewer ? next.messages : next.messages && [...next.messages, message]
  return { ...next, messages, lastMessage: message }
}

const withActivity = (conversation: Conversation, { seq, sentAt }: ChatMessage): Conversation => ({
  ...conversation,
  lastMessageSeq: Math.max(conversation.lastMessageSeq, seq),
  lastActivityAt: Math.max(conversation.lastActivityAt, sentAt),
})

/** The thread that a message is shown in, also from the main line; empty: none. */
const threadOf = ({ threadId, alsoInThread }: ChatMessage): string => threadId || alsoInThread || ''

function withAnswer(conversation: Conversation, message: ChatMessage, isNew: boolean): Conversation {
  const { thread } = conversation
  const threadId = threadOf(message)
  if (!threadId) return conversation
  const isOpen = isNew && thread?.id === threadId && message.seq > thread.asOf && !thread.hasNewer
  const open = isOpen ? { ...thread, messages: [...thread.messages, message] } : thread
  const oneMore = (head: ChatMessage) => ({
    ...head,
    replyCount: head.replyCount + 1,
    lastReplyAt: Math.max(head.lastReplyAt, message.sentAt),
  })
  return change({ ...conversation, thread: open }, threadId, oneMore, message.seq)
}

function edited(conversation: Conversation, event: MessageEdited, { at, seq, me }: Context): Conversation {
  const { messageId, text, mentions } = event
  const before = findMessage(conversation, messageId)
  // The page that brought it includes this edit, but the earlier mentions are unknown. The copy in the other line may be older.
  const recounted =
    !before || before.asOf >= seq
      ? withStaleCounters(conversation, seq)
      : counted(counted(conversation, before, me, -1, seq), { ...before, mentions }, me, 1, seq)
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
  if (!gone) return withStaleCounters(conversation, seq)
  const next = counted(conversation, gone, me, -1, seq)
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
  const threadId = threadOf(gone)
  return !threadId || forWhom === 'me' ? shown : withoutAnswer(shown, threadId, seq)
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
  poll: undefined,
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

/** Mentions of @admins concern me from now on, or no longer. */
function withMyRole(conversation: Conversation, role: Role | undefined, seq: number): Conversation {
  const next = withStaleCounters(conversation, seq)
  return seq <= conversation.asOf.summary ? next : { ...next, role: role ?? Role.UNSPECIFIED }
}

function withMember(conversation: Conversation, userId: string, role: Role | undefined): Conversation {
  if (!conversation.members) return conversation
  const members = new Map(conversation.members)
  if (role === undefined) members.delete(userId)
  else members.set(userId, role)
  return { ...conversation, members, memberCount: members.size }
}

/**
 * Deleted for me alone, here or on another device. `state`: the counters without it. They are not computed here, because they may have
 * arrived already, and a notice may arrive twice. Undefined: from an older server.
 */
export function withHidden(
  conversation: Conversation,
  messageId: string,
  state: ReadState | undefined,
  me: string,
): Conversation {
  const { read, countersStale } = conversation
  const known = findMessage(conversation, messageId)
  // What came in a page of one line arrives once more as a commit, for the other line.
  const isPast = known && known.seq <= conversation.seqs.messages
  const hiddenAhead = isPast ? conversation.hiddenAhead : [...conversation.hiddenAhead, messageId]
  const without = { ...withoutMessage(conversation, messageId, me, 'me'), read, countersStale, hiddenAhead }
  if (!state) return { ...without, countersStale: true }
  return { ...withReadState(without, state), hidden: Math.max(without.hidden, state.hidden) }
}

/** Applies a page, and the members, with changes since the request, and commits received while it was in flight. */
export function broughtUpToDate(
  conversation: Conversation,
  page: Partial<Pick<Conversation, 'messages' | 'thread' | 'hasNewer' | 'members' | 'mutes'>> & {
    readonly asOf?: Partial<Conversation['asOf']>
  },
  since: readonly LaneCommit[],
  me: string,
): Pick<Conversation, 'messages' | 'thread' | 'members' | 'mutes'> {
  // Without the newest known message: commits received later are not in the page, even if they are known elsewhere.
  const asOf = { ...conversation.asOf, ...page.asOf }
  const alone = { ...conversation, ...page, asOf, lastMessage: undefined }
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
