import { useDocumentVisibility } from '@vueuse/core'
import { computed, shallowRef, watch } from 'vue'
import { useChat } from '../../../stores/chat.js'
import type { Conversation, ReadMark } from '../../../sync/model/model.js'

/**
 * The "new messages" line, and when messages count as read: at the end of the list, in a visible window. The line keeps its position while
 * the conversation is open; messages that arrive unseen later get a new one.
 */
export function useReadLine(conversation: () => Conversation, atEnd: () => boolean) {
  const chat = useChat()
  const visibility = useDocumentVisibility()
  const line = shallowRef<ReadMark | undefined>(conversation().read.unread > 0 ? conversation().read : undefined)
  const unread = computed(() => conversation().read.unread)
  /** Marked as unread while it is open here: what is seen is not read, until it is opened again. */
  const opened = conversation().read.backs
  const held = computed(() => conversation().read.markedUnread && conversation().read.backs !== opened)

  function read(): void {
    if (!held.value && visibility.value === 'visible' && atEnd()) chat.markRead(conversation().id)
  }
  watch(
    () => conversation().read.backs,
    () => {
      line.value = unread.value > 0 ? conversation().read : undefined
    },
  )
  watch(visibility, read)
  watch(unread, (now, before) => {
    if (now === 0) return
    if (!held.value && visibility.value === 'visible' && atEnd()) read()
    else if (before === 0) line.value = conversation().read
  })

  return {
    line,
    unread,
    read,
    /** Marks everything up to the newest message as read, seen or not. */
    readAll: () => chat.markRead(conversation().id),
  }
}
