import { computed, onBeforeUnmount, shallowRef } from 'vue'
import { decodedCommit } from '../../net/decoded-commit.js'
import { connection, groups } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useBlocks } from '../../stores/blocks.js'
import { useChat } from '../../stores/chat.js'
import { chatMessage, msOf, postedMessage } from '../../sync/model/convert.js'
import { useTask } from '../../ui/use/use-task.js'
import { useLiveFound } from '../chat/search/use-live-found.js'
import { type InboxItem, isUnreadItem, itemsOf } from './inbox-items.js'

const PAGE = 25
/** Pages that are fetched one after another to find what is unread: it may be older than what is not. */
const MOST_PAGES = 8

/** Mentions of the person and replies to them in all conversations, kept up to date while they are `shown`. */
export function useInbox(shown: () => boolean) {
  const chat = useChat()
  const account = useAccount()
  const blocks = useBlocks()
  const found = shallowRef<readonly InboxItem[]>()
  const arrived = shallowRef<readonly InboxItem[]>([])
  const next = shallowRef('')
  useLiveFound(found)
  useLiveFound(arrived)

  const items = computed(() =>
    itemsOf(found.value ?? [], arrived.value, chat.conversations, account.userId, blocks.blocked),
  )
  const unread = computed(() => items.value.filter((item) => isUnreadItem(item, chat.conversations)))
  /** How many there are, fetched or not. */
  const allUnread = computed(() => chat.list.reduce((sum, { read }) => sum + read.mentions, 0))

  const stop = connection.on('commit', (frame) => {
    if (!shown()) return
    const { events, time } = decodedCommit(frame)
    const posted = events.flatMap(({ body }, index) =>
      body.case === 'messagePosted'
        ? { groupId: frame.groupId, message: postedMessage(body.value, msOf(time), Number(frame.seq), index) }
        : [],
    )
    if (posted.length > 0) arrived.value = [...arrived.value, ...posted.filter(isMine)]
  })
  onBeforeUnmount(stop)
  const isMine = (item: InboxItem): boolean =>
    itemsOf([], [item], chat.conversations, account.userId, blocks.blocked).length > 0

  async function fetchPage(): Promise<void> {
    const { messages, next: cursor } = await groups.searchMessages({
      mentionsMe: true,
      limit: PAGE,
      cursor: next.value,
    })
    const shown = messages.map((message) => ({ groupId: message.groupId, message: chatMessage(message) }))
    found.value = [...(found.value ?? []), ...shown]
    next.value = cursor
  }

  /** From the newest on. */
  const first = useTask(async () => {
    next.value = ''
    found.value = undefined
    arrived.value = []
    await fetchPage()
  })
  const more = useTask(fetchPage)
  const findUnread = useTask(async () => {
    for (let page = 0; page < MOST_PAGES && next.value !== '' && unread.value.length < allUnread.value; page++) {
      await fetchPage()
    }
  })

  return { found, items, unread, allUnread, next, first, more, findUnread }
}
