import type { Contents } from '@beseda/proto/group/v1/group_service'
import { computed, shallowRef } from 'vue'
import { groups } from '../../../net/index.js'
import { useBlocks } from '../../../stores/blocks.js'
import { chatMessage } from '../../../sync/model/convert.js'
import { isFromBlocked } from '../../../sync/model/from-blocked.js'
import type { ChatMessage } from '../../../sync/model/model.js'
import { useTask } from '../../../ui/use/use-task.js'
import { useLiveFound } from '../../chat/search/use-live-found.js'

/**
 * The messages of a conversation that contain one kind of thing, the newest first, page by page: none of somebody who is blocked, and none that
 * was deleted while they are shown.
 */
export function useShared(groupId: string, has: Contents) {
  /** Undefined: not fetched yet. */
  const found = shallowRef<readonly { readonly message: ChatMessage }[]>()
  useLiveFound(found)
  const blocks = useBlocks()
  const messages = computed(() =>
    found.value?.flatMap(({ message }) => (isFromBlocked(message, blocks.blocked) ? [] : [message])),
  )
  const next = shallowRef('')
  const { busy, error, run } = useTask(async () => {
    const answer = await groups.searchMessages({ groupId, has: [has], cursor: next.value, limit: 30 })
    found.value = [...(found.value ?? []), ...answer.messages.map((message) => ({ message: chatMessage(message) }))]
    next.value = answer.next
  })
  void run()
  return { messages, next, busy, error, more: run }
}
