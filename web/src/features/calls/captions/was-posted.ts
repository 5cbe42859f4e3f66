import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { groups, reasonOf } from '../../../net/index.js'
import { useChat } from '../../../stores/chat.js'

const fromChat = {
  outgoing: () => useChat().outgoing,
  getMessage: (place: { readonly groupId: string; readonly messageId: string }): Promise<unknown> =>
    groups.getMessage(place),
}

/**
 * Whether a page that ended has sent a message already: it waits here, or the server has it. The server would take it once, but refuse the
 * second, which has another file. Errors: those of GetMessage, for the server is asked.
 */
export async function wasPosted(groupId: string, messageId: string, parts: typeof fromChat = fromChat) {
  if (parts.outgoing().some(({ id }) => id === messageId)) return true
  try {
    await parts.getMessage({ groupId, messageId })
    return true
  } catch (error) {
    if (reasonOf(error) === ErrorReason.MESSAGE_NOT_FOUND) return false
    throw error
  }
}
