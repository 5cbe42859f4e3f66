import { serviceWorkers } from '../../browser.js'
import { handled } from '../../diagnostics/log.js'
import { connection } from '../../net/index.js'
import { useAccount } from '../../stores/account.js'
import { useChat } from '../../stores/chat.js'
import { dropReplies, takeReplies } from '../../sw/replies.js'
import { dropShared } from '../../sw/shared.js'
import { findMessage } from '../../sync/model/fold.js'
import type { Conversation } from '../../sync/model/model.js'
import { beforeLeaving } from '../auth/leaving.js'
import { useMyThreads } from '../threads/my-threads.js'

/** What notifications need after the first paint: which threads the person follows, and what they have answered on notifications. */
export function startLater() {
  const [account, chat, threads] = [useAccount(), useChat(), useMyThreads()]

  /** Sends what was answered, here or before this window was opened: by the outbox, like every message. */
  async function sendReplies(): Promise<void> {
    for (const { groupId, text } of await takeReplies(Date.now())) await chat.send(groupId, { text })
  }
  const send = () => void sendReplies().catch(handled('notifications.reply'))
  const told = ({ data }: MessageEvent<{ kind?: string }>) => data.kind === 'reply' && send()
  serviceWorkers?.addEventListener('message', told)
  const stops = [
    connection.on('live', send),
    beforeLeaving((asked) => {
      if (asked) void Promise.all([dropReplies(), dropShared()]).catch(handled('storage.left', 'STORAGE_FAILED'))
    }),
    () => serviceWorkers?.removeEventListener('message', told),
  ]
  if (connection.status.value === 'live') send()
  return {
    /** The first answer to what the person has said comes before anything is known of the thread. */
    follows: (conversation: Conversation, threadId: string): boolean =>
      threads.isFollowed(conversation.id, threadId) ?? findMessage(conversation, threadId)?.authorId === account.userId,
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}
