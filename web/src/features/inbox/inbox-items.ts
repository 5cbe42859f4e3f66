import { mentionsMember } from '@beseda/rules'
import { isFromBlocked } from '../../sync/model/from-blocked.js'
import type { ChatMessage, Conversation } from '../../sync/model/model.js'
import { isAfter, readTo } from '../../sync/model/read-mark.js'

/** A message that concerns the person. */
export interface InboxItem {
  readonly groupId: string
  readonly message: ChatMessage
}

type Conversations = ReadonlyMap<string, Pick<Conversation, 'read' | 'role'>>

/** It answers a message of the person; otherwise it mentions them. */
export const isReply = ({ message }: InboxItem, me: string): boolean => message.mentions?.repliedUserId === me

/** As the badges count it: beyond the mark of its line. */
export function isUnreadItem({ groupId, message }: InboxItem, conversations: Conversations): boolean {
  const read = conversations.get(groupId)?.read
  return read !== undefined && isAfter(message, readTo(read, message.threadId))
}

/**
 * Fetched ones and those that have arrived since, the newest first, each once, without what does not concern the person any more: an edit has
 * taken the mention out, they are no admin any more or not in the group, or have blocked whose words they are.
 */
export function itemsOf(
  found: readonly InboxItem[],
  arrived: readonly InboxItem[],
  conversations: Conversations,
  me: string,
  blocked: ReadonlySet<string>,
): readonly InboxItem[] {
  const byId = new Map([...found, ...arrived].map((item) => [item.message.id, item]))
  const concerns = ({ groupId, message }: InboxItem): boolean => {
    const role = conversations.get(groupId)?.role
    if (role === undefined || message.deleted || isFromBlocked(message, blocked)) return false
    return mentionsMember(message, { userId: me, role })
  }
  return [...byId.values()].filter(concerns).toSorted((a, b) => b.message.sentAt - a.message.sentAt)
}
