import { useChat } from '../../../stores/chat.js'
import { useComposing } from '../../../stores/composing.js'
import { useDirectory } from '../../../stores/directory.js'
import { useDrafts } from '../../../stores/drafts.js'
import type { DraftText } from '../../../sync/model/draft.js'
import { findMessage } from '../../../sync/model/fold.js'
import type { OutgoingMessage } from '../../../sync/model/outgoing.js'
import { withNames } from '../composer/mentions/mention-places.js'

/** Takes a message that the server has refused back into the field, so that it can be changed and sent again. */
export function useTakeBack() {
  const chat = useChat()
  const composing = useComposing()
  const directory = useDirectory()
  const drafts = useDrafts()
  const find = (id: string) => chat.outgoing.find((message) => message.id === id)

  /** A forwarded message has nothing to change; files that wait are in the outbox only. */
  const mayTakeBack = (id: string): boolean => {
    const message = find(id)
    return message !== undefined && !message.forward && (message.waiting ?? []).length === 0
  }

  async function takeBack(id: string): Promise<void> {
    const message = find(id)
    if (!message) return
    const { groupId, threadId = '', replyTo = '' } = message
    const present = chat.conversations.get(groupId)
    const replied = replyTo && present ? findMessage(present, replyTo) : undefined
    if (replied) composing.reply(groupId, replied)
    drafts.keep(groupId, threadId, inFront(message, drafts.of(groupId, threadId)))
    await chat.discard(id)
  }

  /** What stands in the field already stays, behind the message. */
  function inFront({ text: sent, files = [] }: OutgoingMessage, draft: DraftText): DraftText {
    const { text, mentions } = withNames(sent, (target) =>
      target === 'all' || target === 'admins' ? target : directory.nameOf(target),
    )
    const behind = draft.text === '' ? '' : `\n${draft.text}`
    const moved = draft.mentions.flatMap(([name, target, start]) =>
      start === undefined ? [] : [[name, target, start + text.length + 1] as const],
    )
    const own = mentions.map(({ name, target, start }) => [name, target, start] as const)
    return { text: text + behind, mentions: [...own, ...moved], files: [...files, ...draft.files] }
  }

  return { mayTakeBack, takeBack }
}
