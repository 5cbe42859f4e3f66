import { isolated } from '@beseda/rules'
import { onBeforeUnmount, watch } from 'vue'
import { useI18n } from '../../../i18n/index.js'
import { useAccount } from '../../../stores/account.js'
import { useBlocks } from '../../../stores/blocks.js'
import { useDirectory } from '../../../stores/directory.js'
import { isFromBlocked } from '../../../sync/model/from-blocked.js'
import type { ChatMessage, Conversation } from '../../../sync/model/model.js'
import { announce } from '../../../ui/feedback/announce.js'
import { plainText } from '../text/plain-text.js'

/** Messages that arrive within this time are one announcement, so that a lively conversation does not flood the screen reader. */
const GATHER_MS = 1_000

/** Announces new messages of others to screen readers, politely. */
export function useAnnouncer(conversation: () => Conversation): void {
  const { t } = useI18n()
  const directory = useDirectory()
  const account = useAccount()
  const blocks = useBlocks()
  let gathered: ChatMessage[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  function say(): void {
    const [first, ...others] = gathered
    timer = undefined
    gathered = []
    if (!first) return
    const name = first.authorName || directory.nameOf(first.authorId)
    const n = others.length + 1
    announce(n === 1 ? `${isolated(name)}: ${plainText(first, directory.nameOf, t)}` : t('chat.newCount', { n }, n))
  }

  watch(
    () => conversation().lastMessage,
    (message, before) => {
      if (!message || message.authorId === account.userId || isFromBlocked(message, blocks.blocked)) return
      if (message.seq <= (before?.seq ?? message.seq)) return
      gathered.push(message)
      timer ??= setTimeout(say, GATHER_MS)
    },
  )
  onBeforeUnmount(() => clearTimeout(timer))
}
