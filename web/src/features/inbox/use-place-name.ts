import { GroupKind } from '@beseda/proto/group/v1/events'
import { useChat } from '../../stores/chat.js'
import { useDirectory } from '../../stores/directory.js'

/** The name of a conversation; of a direct chat, that of the other person. */
export function usePlaceName() {
  const [chat, directory] = [useChat(), useDirectory()]
  return (groupId: string): string => {
    const { kind, peerId = '', name = '' } = chat.conversations.get(groupId) ?? {}
    return kind === GroupKind.DIRECT ? directory.nameOf(peerId) : name
  }
}
