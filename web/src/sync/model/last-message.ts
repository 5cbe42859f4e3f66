import { isFromBlocked } from './from-blocked.js'
import type { ChatMessage, Conversation } from './model.js'

/** The newest message that the list shows: none of somebody who is blocked. */
export function shownLast(
  { lastMessage, messages = [], hasNewer }: Pick<Conversation, 'lastMessage' | 'messages' | 'hasNewer'>,
  blocked: ReadonlySet<string>,
): ChatMessage | undefined {
  if (!lastMessage || !isFromBlocked(lastMessage, blocked)) return lastMessage
  return hasNewer ? undefined : messages.findLast((message) => !message.deleted && !isFromBlocked(message, blocked))
}
