import type { Call } from '@beseda/proto/call/v1/call_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { useI18n } from '../../i18n/index.js'
import { useChat } from '../../stores/chat.js'
import { useDirectory } from '../../stores/directory.js'

/** Names for the sentences of calls. */
export function useCallName() {
  const { t } = useI18n()
  const chat = useChat()
  const directory = useDirectory()

  const isDirect = (groupId: string): boolean => chat.conversations.get(groupId)?.kind === GroupKind.DIRECT
  /** For a sentence that does not change when the profile arrives: never a placeholder. */
  const personOf = (userId: string): string => (directory.user(userId) ? directory.nameOf(userId) : t('calls.somebody'))

  /** The name of a call: the other person in a direct chat, else the group. */
  function nameOf({ groupId, callerId = '' }: Pick<Call, 'groupId'> & { callerId?: string }): string {
    const conversation = chat.conversations.get(groupId)
    if (!conversation) return callerId && personOf(callerId)
    return isDirect(groupId) ? personOf(conversation.peerId) : conversation.name
  }
  return { nameOf, personOf, isDirect, isKnown: (groupId: string): boolean => chat.conversations.has(groupId) }
}
