import type { Conversation } from '../../../sync/model/model.js'

/** When a person last posted there, as far as this client knows (Unix ms); 0: unknown. */
export function lastPostOf({ messages = [], thread, lastMessage }: Conversation, userId: string): number {
  const known = [...messages, ...(thread?.messages ?? []), ...(lastMessage ? [lastMessage] : [])]
  return known.reduce((last, { authorId, sentAt }) => (authorId === userId ? Math.max(last, sentAt) : last), 0)
}
