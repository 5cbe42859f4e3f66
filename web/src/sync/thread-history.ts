import { handled } from '../diagnostics/log.js'
import type { FetchPage, Page } from './history-page.js'
import { mergeMessages } from './model/fold.js'
import type { Conversation, Thread } from './model/model.js'

type Update = (groupId: string, make: (conversation: Conversation) => Conversation) => void

/** What threads share with the main line. */
interface ThreadParts {
  readonly conversations: ReadonlyMap<string, Conversation>
  readonly update: Update
  readonly fetchPage: FetchPage
  /** One fetch of a kind and group at a time. */
  readonly once: (key: string, work: () => Promise<void>) => Promise<void>
  readonly expire: (groupId: string) => void
}

/** Pages of the open thread of each conversation: a thread may be as long as a conversation. */
export function threadHistory({ conversations, update, fetchPage, once, expire }: ThreadParts) {
  /** Changes the thread, if it is still the open one. */
  function put(groupId: string, id: string, make: (thread: Thread, conversation: Conversation) => Thread): void {
    update(groupId, (conversation) =>
      conversation.thread?.id === id
        ? { ...conversation, thread: make(conversation.thread, conversation) }
        : conversation,
    )
    expire(groupId)
  }
  const runOf = (id: string, page: Page, conversation: Conversation): Thread => ({
    id,
    messages: page.messages(conversation),
    hasOlder: page.hasOlder,
    hasNewer: page.hasNewer,
    asOf: page.asOf,
  })

  /** Opens a thread at its end, or at one of its messages. Errors: MESSAGE_NOT_FOUND. */
  async function openThread(groupId: string, id: string, messageId = ''): Promise<void> {
    const present = conversations.get(groupId)?.thread
    if (present?.id !== id)
      update(groupId, (conversation) => ({ ...conversation, thread: { id, messages: [], asOf: 0 } }))
    else if (messageId !== '' && present.messages.some((message) => message.id === messageId)) return
    const place = messageId === '' || messageId === id ? {} : { aroundMessageId: messageId }
    await fetchPage(groupId, { threadId: id, ...place }, (page) =>
      put(groupId, id, (_, conversation) => runOf(id, page, conversation)),
    )
  }

  async function loadOlderThread(groupId: string): Promise<void> {
    const { id = '', messages: [first] = [], hasOlder } = conversations.get(groupId)?.thread ?? {}
    if (!first || !hasOlder) return
    await once(`older ${groupId} ${id}`, () =>
      fetchPage(groupId, { threadId: id, beforeSeq: BigInt(first.seq) }, (page) =>
        put(groupId, id, (thread, conversation) => ({
          ...thread,
          messages: mergeMessages(page.messages(conversation), thread.messages),
          hasOlder: page.hasOlder,
        })),
      ),
    ).catch(handled('history.thread'))
  }

  async function loadNewerThread(groupId: string): Promise<void> {
    const { id = '', messages = [], hasNewer } = conversations.get(groupId)?.thread ?? {}
    const last = messages.at(-1)
    if (!last || !hasNewer) return
    await once(`newer ${groupId} ${id}`, () =>
      fetchPage(groupId, { threadId: id, afterSeq: BigInt(last.seq) }, (page) =>
        put(groupId, id, (thread, conversation) => ({
          ...thread,
          messages: mergeMessages(page.messages(conversation), thread.messages),
          hasNewer: page.hasNewer,
          asOf: page.asOf,
        })),
      ),
    ).catch(handled('history.thread'))
  }

  /** Fetches open threads that could not be fetched: the connection is back. */
  function reopenThreads(): void {
    for (const { id, thread } of conversations.values())
      if (thread?.asOf === 0) void openThread(id, thread.id).catch(handled('history.thread'))
  }

  const closeThread = (groupId: string): void =>
    update(groupId, (conversation) => ({ ...conversation, thread: undefined }))

  return { openThread, loadOlderThread, loadNewerThread, reopenThreads, closeThread }
}
