import { useChat } from '../../stores/chat.js'
import { dropReplies, takeReplies } from '../../sw/replies.js'
import { dropShared } from '../../sw/shared.js'

/** Sends what was answered on notifications, here or before this window was opened: by the outbox, like every message. */
export async function sendReplies(): Promise<void> {
  const chat = useChat()
  for (const { groupId, text } of await takeReplies()) await chat.send(groupId, { text })
}

/** The person signs out: what the worker has left for them goes. */
export const dropLeft = (): Promise<unknown> => Promise.all([dropReplies(), dropShared()])
