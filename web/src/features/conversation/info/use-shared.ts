import type { Contents } from '@beseda/proto/group/v1/group_service'
import { shallowRef } from 'vue'
import { groups } from '../../../net/index.js'
import { chatMessage } from '../../../sync/model/convert.js'
import type { ChatMessage } from '../../../sync/model/model.js'
import { useTask } from '../../../ui/use/use-task.js'

/** The messages of a conversation that contain one kind of thing, the newest first, page by page. */
export function useShared(groupId: string, has: Contents) {
  /** Undefined: not fetched yet. */
  const messages = shallowRef<readonly ChatMessage[]>()
  const next = shallowRef('')
  const { busy, error, run } = useTask(async () => {
    const answer = await groups.searchMessages({ groupId, has: [has], cursor: next.value, limit: 30 })
    messages.value = [...(messages.value ?? []), ...answer.messages.map(chatMessage)]
    next.value = answer.next
  })
  void run()
  return { messages, next, busy, error, more: run }
}
