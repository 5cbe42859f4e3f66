import { useChat } from '../../stores/chat.js'
import { takeReplies } from '../../sw/replies.js'

/** Sends what was answered on notifications, here or before this window was opened: by the outbox, like every message. */
export async function sendReplies(): Promise<void> {
  const chat = useChat()
  for (const { groupId, text } of await takeReplies()) await chat.send(groupId, { text })
}
