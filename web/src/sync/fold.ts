import { rosterChanges } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import type { MessagePosted } from '@beseda/proto/group/v1/events'
import type { Commit } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { ChatMessage, Conversation, LaneName } from './model.js'

export interface LaneCommit {
  readonly lane: LaneName
  readonly seq: number
  readonly prevSeq: number
  readonly commit: Commit
}

/** A commit fits when it directly follows the last one seen of its lane; an older one was seen already. */
export function fits(
  { seqs }: Pick<Conversation, 'seqs'>,
  { lane, seq, prevSeq }: LaneCommit,
): 'next' | 'seen' | 'hole' {
  if (seq <= seqs[lane]) return 'seen'
  return prevSeq <= seqs[lane] ? 'next' : 'hole'
}

/** The conversation after a commit. The law: what was fetched, folded with what follows, is what a fresh fetch would give. */
export function applyCommit(conversation: Conversation, change: LaneCommit, me: string): Conversation {
  const { lane, seq, commit } = change
  let next: Conversation = { ...conversation, seqs: { ...conversation.seqs, [lane]: seq } }
  const at = commit.time ? timestampMs(commit.time) : 0
  for (const [index, { body }] of commit.events.entries()) {
    if (body.case === 'messagePosted') next = withMessage(next, messageOf(body.value, at, seq, index), me)
    if (body.case === 'groupUpdated') {
      next = { ...next, name: body.value.name ?? next.name, topic: body.value.topic ?? next.topic }
    }
    for (const { userId, role } of rosterChanges(body)) next = withMember(next, userId, role, me)
  }
  return next
}

const messageOf = (event: MessagePosted, sentAt: number, seq: number, index: number): ChatMessage => ({
  id: event.messageId,
  authorId: event.authorId,
  text: event.text,
  replyTo: event.replyTo,
  sentAt,
  seq,
  index,
})

/** The second message with one id is not a message. */
function withMessage(conversation: Conversation, message: ChatMessage, me: string): Conversation {
  const { messages } = conversation
  if (conversation.lastMessage?.id === message.id || messages?.some(({ id }) => id === message.id)) return conversation
  return {
    ...conversation,
    messages: messages && [...messages, message],
    lastMessage: message,
    lastMessageSeq: message.seq,
    lastActivityAt: message.sentAt,
    unread: message.authorId === me ? 0 : conversation.unread + 1,
  }
}

function withMember(conversation: Conversation, userId: string, role: Role | undefined, me: string): Conversation {
  const before = conversation.members
  if (!before) return { ...conversation, role: userId === me ? (role ?? Role.UNSPECIFIED) : conversation.role }
  const members = new Map(before)
  if (role === undefined) members.delete(userId)
  else members.set(userId, role)
  return {
    ...conversation,
    members,
    memberCount: members.size,
    role: userId === me ? (role ?? Role.UNSPECIFIED) : conversation.role,
  }
}

/** A page joined to what is there: in order, each message once. */
export function mergeMessages(one: readonly ChatMessage[], other: readonly ChatMessage[]): ChatMessage[] {
  const byId = new Map([...one, ...other].map((message) => [message.id, message]))
  return [...byId.values()].sort((a, b) => a.seq - b.seq || a.index - b.index)
}
