import { newId } from '@beseda/kernel'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { mayDo, replaceMentions, roleAllows, sameEmoji } from '@beseda/rules'
import { groups } from '../../../net/index.js'
import { useAccount } from '../../../stores/account.js'
import { useChat } from '../../../stores/chat.js'
import { useDirectory } from '../../../stores/directory.js'
import { change } from '../../../sync/model/fold.js'
import type { ChatMessage, Conversation } from '../../../sync/model/model.js'
import { copyText } from '../../../ui/copy-text.js'

/** The actions on a message, and who may use them. */
export function useMessageActions(conversation: () => Conversation) {
  const account = useAccount()
  const chat = useChat()
  const directory = useDirectory()
  const scope = () => ({ kind: conversation().kind, overrides: conversation().settings.permissions })
  const standing = () => ({
    role: conversation().role,
    mutedUntil: conversation().mutes.get(account.userId) ?? 0,
  })
  const ids = (message: ChatMessage) => ({ commandId: newId(), groupId: conversation().id, messageId: message.id })
  const isMine = (message: ChatMessage) => message.authorId === account.userId
  const isOpen = () => !conversation().archived

  async function react(message: ChatMessage, chosen: string): Promise<void> {
    const emoji = sameEmoji(chosen)
    const mine =
      message.reactions.find((reaction) => reaction.emoji === emoji)?.userIds.includes(account.userId) ?? false
    await groups.setReaction({ ...ids(message), emoji, present: !mine })
  }

  return {
    /** Where nothing may be added, nothing is offered: an archived group is as it was, and whoever is muted reads. */
    mayReact: () => isOpen() && standing().mutedUntil <= Date.now(),
    mayReply: isOpen,
    mayEdit: (message: ChatMessage) => isOpen() && isMine(message) && !message.deleted && !message.forwarded,
    mayPin: () => isOpen() && mayDo(Permission.PIN, scope(), standing(), Date.now()),
    mayDeleteForAll: (message: ChatMessage) =>
      isOpen() &&
      (isMine(message) ||
        roleAllows(Permission.DELETE_MESSAGES, scope(), conversation().role, {
          role: conversation().members?.get(message.authorId),
        })),
    mayReport: (message: ChatMessage) => !isMine(message) && !message.deleted,
    maySeeReaders: (message: ChatMessage) => isMine(message) && conversation().kind !== GroupKind.CHANNEL,
    react,
    edit: (message: ChatMessage, text: string) => groups.editMessage({ ...ids(message), text }),
    remove: (message: ChatMessage, forMe: boolean) => groups.deleteMessage({ ...ids(message), forMe }),
    async pin(message: ChatMessage): Promise<void> {
      await groups.setPinned({ ...ids(message), pinned: !message.pinned })
      chat.update(conversation().id, (present) =>
        change(present, message.id, (shown) => ({ ...shown, pinned: !message.pinned })),
      )
    },
    /** The text with people by name: their ids mean nothing elsewhere. */
    async copy({ text }: ChatMessage): Promise<void> {
      const nameOf = (target: string) => (target === 'all' || target === 'admins' ? target : directory.nameOf(target))
      await copyText(replaceMentions(text, (target) => `@${nameOf(target)}`))
    },
    linkTo: (message: ChatMessage) => `${location.origin}/c/${conversation().id}?m=${message.id}`,
  }
}
