import { i18n } from '../../../i18n/index.js'
import { useChat } from '../../../stores/chat.js'
import { toast } from '../../../ui/feedback/toasts.js'
import { hasNew } from './list-parts.js'

/** How long it can be undone: the server is told of nothing before. */
const UNDO_MS = 5_000

/** Marks all conversations as read, with their threads, muted and archived ones too. */
export function markAllRead(): void {
  const chat = useChat()
  const ids = chat.list.filter(hasNew).map(({ id }) => id)
  if (ids.length === 0) return
  const run = chat.markAllRead(ids, UNDO_MS)
  const action = { text: i18n.t('chat.undo'), run }
  toast(i18n.t('list.allMarkedRead', ids.length), { action, ms: UNDO_MS, about: 'all-read' })
}
