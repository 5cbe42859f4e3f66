import type { Call } from '@beseda/proto/call/v1/call_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { useChat } from '../../stores/chat.js'
import { useDirectory } from '../../stores/directory.js'

/** The name of a call: the other person in a direct chat, else the group. */
export function useCallName() {
  const chat = useChat()
  const directory = useDirectory()

  const isDirect = (groupId: string): boolean => chat.conversations.get(groupId)?.kind === GroupKind.DIRECT

  function nameOf({ groupId, callerId = '' }: Pick<Call, 'groupId'> & { callerId?: string }): string {
    const conversation = chat.conversations.get(groupId)
    if (!conversation) return callerId && directory.nameOf(callerId)
    return isDirect(groupId) ? directory.nameOf(conversation.peerId) : conversation.name
  }
  return { nameOf, isDirect }
}
