import type { ChatMessage, Conversation } from './model.js'

/** The newest message that the list shows: none of somebody who is blocked. */
export function shownLast(
  { lastMessage, messages = [], hasNewer }: Pick<Conversation, 'lastMessage' | 'messages' | 'hasNewer'>,
  blocked: ReadonlySet<string>,
): ChatMessage | undefined {
  if (!lastMessage || !blocked.has(lastMessage.authorId)) return lastMessage
  return hasNewer ? undefined : messages.findLast(({ authorId, deleted }) => !deleted && !blocked.has(authorId))
}
