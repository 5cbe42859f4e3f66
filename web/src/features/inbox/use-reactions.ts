import { computed, onBeforeUnmount, shallowRef } from 'vue'
import { handled } from '../../diagnostics/log.js'
import { decodedCommit } from '../../net/decoded-commit.js'
import { connection, groups } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useBlocks } from '../../stores/blocks.js'
import { useChat } from '../../stores/chat.js'
import { chatMessage } from '../../sync/model/convert.js'
import { findMessage } from '../../sync/model/fold.js'
import { Overtaken } from '../../sync/overtaken.js'
import { useTask } from '../../ui/use/use-task.js'
import { useLiveFound } from '../chat/search/use-live-found.js'
import type { InboxItem } from './inbox-items.js'

const PAGE = 25

/** Messages of the person with what others have reacted to them, kept up to date. */
export function useReactions() {
  const account = useAccount()
  const blocks = useBlocks()
  const chat = useChat()
  const found = shallowRef<readonly InboxItem[]>()
  const next = shallowRef('')
  const overtaken = new Overtaken<string>()
  useLiveFound(found)

  /** The newest first, each once, with the reactions of others alone. */
  const items = computed(() =>
    (found.value ?? [])
      .filter(({ groupId, message }) => chat.conversations.has(groupId) && message.reactions.length > 0)
      .map((item) => ({ ...item, message: { ...item.message, reactions: ofOthers(item) } }))
      .filter(({ message }) => message.reactions.length > 0)
      .toSorted((a, b) => b.message.sentAt - a.message.sentAt),
  )
  const ofOthers = ({ message: { reactions } }: InboxItem) =>
    reactions
      .map(({ emoji, userIds }) => ({ emoji, userIds: userIds.filter((id) => isOther(id) && !blocks.blocked.has(id)) }))
      .filter(({ userIds }) => userIds.length > 0)
  const isOther = (userId: string): boolean => userId !== account.userId

  function put(more: readonly InboxItem[]): void {
    const byId = new Map([...(found.value ?? []), ...more].map((item) => [item.message.id, item]))
    found.value = [...byId.values()]
  }

  async function fetchPage(): Promise<void> {
    const isOvertaken = overtaken.asked()
    const page = { authorId: account.userId, reacted: true, limit: PAGE, cursor: next.value }
    const { messages, next: cursor } = await groups.searchMessages(page)
    const fresh = messages.filter(({ id }) => !isOvertaken(id))
    put(fresh.map((message) => ({ groupId: message.groupId, message: chatMessage(message) })))
    next.value = cursor
  }

  /** A reaction names only its message, which is asked for: it may be the person's, and older than what was fetched. */
  async function ask(groupId: string, messageId: string, minSeq: bigint): Promise<void> {
    const conversation = chat.conversations.get(groupId)
    const known = conversation && findMessage(conversation, messageId)
    if (known && known.authorId !== account.userId) return
    overtaken.changed(messageId)
    const isOvertaken = overtaken.asked()
    const { message } = await groups.getMessage({ groupId, messageId, minSeq })
    if (message?.authorId === account.userId && !isOvertaken(messageId))
      put([{ groupId, message: chatMessage(message) }])
  }

  const stop = connection.on('commit', (frame) => {
    for (const { body } of decodedCommit(frame).events)
      if (body.case === 'reactionChanged')
        void ask(frame.groupId, body.value.messageId, frame.seq).catch(handled('reactions'))
  })
  onBeforeUnmount(stop)

  /** From the newest on. */
  const first = useTask(async () => {
    next.value = ''
    found.value = undefined
    await fetchPage()
  })
  const more = useTask(fetchPage)
  return { items, next, first, more }
}
