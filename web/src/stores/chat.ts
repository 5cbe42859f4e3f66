import { defineStore, storeToRefs } from 'pinia'
import { openChannel } from '../browser.js'
import { handled } from '../diagnostics/log.js'
import { keepLocal } from '../net/files.js'
import { connection, groups, membership } from '../net/index.js'
import { chatOf } from '../sync/chat.js'
import { postMessage, uploadWaiting } from '../sync/posting.js'
import { HistoryWriter } from '../sync/saved/history-writer.js'
import { type OutboxChange, outboxStorage } from '../sync/saved/outbox.js'
import { Sender } from '../sync/sender.js'
import { forgetFile } from '../ui/use/use-file-url.js'
import { useAccount } from './account.js'
import { useBlocks } from './blocks.js'
import { useDirectory } from './directory.js'
import { useDrafts } from './drafts.js'
import { useTyping } from './typing.js'

/** The conversations of this window. */
export const useChat = defineStore('chat', () => {
  const account = useAccount()
  return chatOf({
    me: () => account.userId,
    connection,
    api: { groups, membership },
    sender: browserSender(),
    saved: (conversations) => new HistoryWriter(conversations),
    companions: [
      {
        start: (userId) => useDirectory().restore(userId).catch(handled('storage.people', 'STORAGE_FAILED')),
        stop: () => useDirectory().stop(),
      },
      {
        start: (userId) => useDrafts().start(userId).catch(handled('storage.drafts', 'STORAGE_FAILED')),
        stop: () => useDrafts().stop(),
      },
    ],
    files: { keepLocal, forget: forgetFile },
    blocked: storeToRefs(useBlocks()).blocked,
    stoppedTyping: useTyping().stopped,
  })
})

/** The outbox of this browser, the same in all its windows. */
function browserSender(): Sender {
  const windows = openChannel('beseda.outbox')
  const sender = new Sender({
    storage: outboxStorage,
    post: postMessage,
    upload: uploadWaiting,
    announce: (change) => windows.postMessage(change),
  })
  windows.onmessage = ({ data }: MessageEvent<OutboxChange>) => sender.handleChange(data)
  return sender
}
