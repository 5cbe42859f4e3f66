import { useChat } from '../../../stores/chat.js'
import { usePanel } from '../../../stores/panel.js'
import { tellError } from '../../../ui/feedback/tell-error.js'

/** Opens a thread beside the conversation, at its end or at one of its messages. */
export function useThread() {
  const [chat, panel] = [useChat(), usePanel()]
  return (groupId: string, threadId: string, messageId = ''): void => {
    panel.openThread(messageId)
    void chat.openThread(groupId, threadId, messageId).catch(tellError)
  }
}
