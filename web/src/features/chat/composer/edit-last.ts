import { watch } from 'vue'
import { useChat } from '../../../stores/chat.js'
import { useComposing } from '../../../stores/composing.js'
import type { ChatMessage, Conversation } from '../../../sync/model/model.js'

/**
 * ↑ in an empty field: edits what this person said last. What is still on its way is waited for, since the message before it is not meant; the wait ends
 * when `isFree` does.
 */
export function editLast(
  conversation: Conversation,
  threadId: string,
  mayEdit: (message: ChatMessage) => boolean,
  isFree: () => boolean,
): void {
  const chat = useChat()
  const isOnItsWay = () =>
    chat.outgoing.some(
      (message) =>
        message.groupId === conversation.id && (message.threadId ?? '') === threadId && message.refused === undefined,
    )
  if (!isOnItsWay()) {
    edit()
    return
  }
  const stop = watch([isOnItsWay, isFree], ([still, free]) => {
    if (still && free) return
    stop()
    if (free) edit()
  })

  function edit(): void {
    const said = threadId ? conversation.thread?.messages : conversation.messages
    const last = said?.findLast(mayEdit)
    if (last) useComposing().edit(conversation.id, last)
  }
}
