import { watch } from 'vue'
import { useChat } from '../../../stores/chat.js'
import { useComposing } from '../../../stores/composing.js'
import type { Conversation } from '../../../sync/model/model.js'
import { useMessageActions } from '../message/use-message-actions.js'

/**
 * ↑ in an empty field: edits what this person said last. What is still on its way is waited for, since the message before it is not meant; any key, or
 * whatever else fills the field, ends the wait.
 */
export function useEditLast(conversation: () => Conversation, threadId: string, isFree: () => boolean) {
  const chat = useChat()
  const composing = useComposing()
  const { mayEdit } = useMessageActions(conversation)
  const isOnItsWay = () =>
    chat.outgoing.some(
      (message) =>
        message.groupId === conversation().id && (message.threadId ?? '') === threadId && message.refused === undefined,
    )
  let stop = () => {}

  return {
    key(event: KeyboardEvent): void {
      stop()
      if (event.key !== 'ArrowUp' || !isFree()) return
      if (!isOnItsWay()) {
        edit(event)
        return
      }
      event.preventDefault()
      stop = watch(isOnItsWay, (still) => {
        if (still) return
        stop()
        if (isFree()) edit()
      })
    },
  }

  function edit(event?: Event): void {
    const said = threadId ? conversation().thread?.messages : conversation().messages
    const last = said?.findLast(mayEdit)
    if (!last) return
    event?.preventDefault()
    composing.edit(conversation().id, last)
  }
}
