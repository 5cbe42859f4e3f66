import { useChat } from '../../../stores/chat.js'
import { usePanel } from '../../../stores/panel.js'
import { tellError } from '../../../ui/feedback/tell-error.js'

/** Opens a thread beside the conversation. */
export function useThread() {
  const [chat, panel] = [useChat(), usePanel()]
  return (groupId: string, messageId: string): void => {
    panel.open('thread')
    void chat.openThread(groupId, messageId).catch(tellError)
  }
}
