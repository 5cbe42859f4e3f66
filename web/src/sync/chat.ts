import { contiguityOf, cursorOf, laneNameOf } from '@beseda/client-protocol'
import type { Commit as CommitFrame, Cursor } from '@beseda/proto/gateway/v1/frames'
import { computed, type Ref, shallowReactive, watch } from 'vue'
import { handled } from '../diagnostics/log.js'
import type { Connection } from '../net/connection.js'
import { decodedCommit } from '../net/decoded-commit.js'
import type { ChatApi } from './chat-api.js'
import { historyOf } from './history.js'
import { withContents } from './model/contents.js'
import { applyCommit, findMessage, type LaneCommit, withHidden } from './model/fold.js'
import type { Conversation } from './model/model.js'
import type { Draft } from './model/outgoing.js'
import { readMarksOf } from './read-marks.js'
import type { HistoryWriter } from './saved/history-writer.js'
import type { Sender } from './sender.js'
import { summariesOf } from './summaries.js'

/** Conversations whose newest messages are fetched at the start. */
const PREFETCHED = 12

export interface ChatParts {
  /** The user of this window. */
  readonly me: () => string
  readonly connection: Pick<Connection, 'on' | 'start' | 'stop' | 'resume' | 'leading' | 'status' | 'tracer'>
  readonly api: ChatApi
  readonly sender: Sender
  /** The copy of the history in this browser. */
  readonly saved: (
    conversations: ReadonlyMap<string, Conversation>,
  ) => Pick<HistoryWriter, 'open' | 'changed' | 'gone' | 'flush' | 'forget'>
  /** Other data of a person that starts and stops with the conversations. `start` must not reject. */
  readonly companions: readonly { start(userId: string): Promise<unknown>; stop(): void }[]
  readonly files: { keepLocal(localId: string, content: Blob): void; forget(fileId: string): void }
  /** People whom the person has blocked. */
  readonly blocked: Readonly<Ref<ReadonlySet<string>>>
  /** Somebody who has posted is no longer typing. */
  readonly stoppedTyping: (groupId: string, userId: string) => void
}

/** All conversations, kept up to date with the log. */
export function chatOf({ me, connection, api, sender, saved, companions, files, blocked, stoppedTyping }: ChatParts) {
  const conversations = shallowReactive(new Map<string, Conversation>())
  // Files that wait with their messages are shown from here, also after a reload.
  watch(
    sender.outgoing,
    (outgoing) => {
      for (const { waiting = [] } of outgoing)
        for (const { localId, content } of waiting) files.keepLocal(localId, content)
    },
    { flush: 'sync' },
  )
  const kept = saved(conversations)

  function put(conversation: Conversation): void {
    conversations.set(conversation.id, conversation)
    kept.changed(conversation.id)
  }

  /** Replaces a loaded conversation. */
  function update(groupId: string, make: (conversation: Conversation) => Conversation): void {
    const present = conversations.get(groupId)
    if (present) put(make(present))
  }

  function remove(groupId: string): void {
    summaries.forget(groupId)
    conversations.delete(groupId)
    kept.gone(groupId)
  }

  const history = historyOf(api, conversations, update, me)
  const summaries = summariesOf(
    api,
    () => connection.resume(),
    me,
    () => blocked.value,
    arrived,
    prefetch,
  )
  const marks = readMarksOf(api.groups, conversations, update, history.reload, summaries.read)
  const list = computed(() => [...conversations.values()].sort((a, b) => b.lastActivityAt - a.lastActivityAt))

  function cursors(): Cursor[] {
    return [...conversations.values()].map(({ id, epoch, seqs }) => cursorOf(id, epoch, seqs))
  }

  let term = 0
  /**
   * Shows the saved copy; then the server sends what is newer. The connection starts beside it, and does not wait for a storage that does
   * not answer.
   */
  async function start(): Promise<void> {
    const mine = ++term
    const userId = me()
    const restored = kept
      .open(userId)
      .catch(handled('storage.history', 'STORAGE_FAILED'))
      .then((before) => {
        if (mine === term) for (const conversation of before ?? []) restore(conversation)
      })
    connection.start(cursors, restored)
    await Promise.all([restored, sender.start(userId), ...companions.map((companion) => companion.start(userId))])
  }

  function restore(conversation: Conversation): void {
    if (conversations.has(conversation.id)) return
    conversations.set(conversation.id, { ...conversation, silent: blocked.value })
    history.outdate(conversation.id)
  }

  function stop(): void {
    term++
    kept.flush()
    connection.stop()
    sender.stop()
    for (const companion of companions) companion.stop()
    conversations.clear()
    summaries.clear()
  }

  // Whom one blocks stops counting, what they had said before too.
  watch(blocked, (silent) => {
    for (const id of conversations.keys()) update(id, (conversation) => ({ ...conversation, silent }))
    if (conversations.size > 0) void marks.refresh(true)
  })
  watch(connection.leading, (leading) => void sender.deliver(leading))
  connection.on('ready', ({ heads: present }) => {
    const known = new Set(present.map(({ groupId }) => groupId))
    for (const groupId of conversations.keys()) if (!known.has(groupId)) remove(groupId)
  })
  connection.on('live', () => {
    sender.hurry()
    // This device missed what other devices have read meanwhile.
    void marks.refresh()
    history.reopenThreads()
    void prefetch()
  })
  connection.on('snapshotRequired', ({ head }) => {
    if (head) summaries.fetch(head)
  })
  connection.on('groupJoined', ({ head }) => {
    if (head) summaries.fetch(head)
  })
  connection.on('groupLeft', ({ groupId }) => remove(groupId))
  connection.on('commit', receive)
  connection.on('userEvent', ({ event }) => {
    if (event.case === 'readState') {
      marks.settle(event.value)
    }
    if (event.case === 'messageHidden') {
      const { groupId, messageId, state } = event.value
      summaries.hid(groupId, messageId)
      // A page in flight may still have the message.
      history.overtaken(groupId)
      update(groupId, (conversation) => withHidden(conversation, messageId, state, me()))
      kept.flush()
      marks.refreshStale(groupId)
    }
  })

  function receive(frame: CommitFrame): void {
    const lane = laneNameOf(frame.lane)
    const conversation = conversations.get(frame.groupId)
    if (!lane) return
    const commit = decodedCommit(frame)
    const change: LaneCommit = { lane, seq: Number(frame.seq), prevSeq: Number(frame.prevSeq), commit }
    const isBeingFetched = summaries.heard(frame.groupId, change)
    if (!conversation) return
    const contiguity = contiguityOf(conversation.seqs, change)
    if (contiguity === 'hole' && !isBeingFetched) connection.resume()
    if (contiguity !== 'next') return
    for (const { body } of commit.events) {
      if (body.case === 'messageDeleted') {
        const gone = findMessage(conversation, body.value.messageId)
        for (const { fileId } of gone?.attachments ?? []) files.forget(fileId)
      }
      if (body.case !== 'messagePosted') continue
      stoppedTyping(frame.groupId, body.value.authorId)
      void sender.discard(body.value.messageId)
    }
    history.heard(frame.groupId, change)
    put(applyCommit(conversation, change, me()))
    connection.tracer?.paint(commit.traceparent, connection.status.value === 'live')
    if (commit.events.some(({ body }) => body.case === 'messageDeleted')) kept.flush()
    marks.refreshStale(frame.groupId)
    history.expire(frame.groupId)
  }

  /** A group's summary has arrived. Its shown contents stay until they are fetched again. */
  function arrived(conversation: Conversation): void {
    const present = conversations.get(conversation.id)
    const { messages, members, thread } = present ?? {}
    history.outdate(conversation.id)
    put(present ? withContents(conversation, present) : conversation)
    marks.refreshStale(conversation.id)
    if (messages || members) void history.load(conversation.id).catch(handled('chat.load'))
    if (thread) void history.openThread(conversation.id, thread.id).catch(handled('chat.thread'))
  }

  /** The list shows the last message of each: fetched one after another, newest first, so that a click never waits for them. */
  async function prefetch(): Promise<void> {
    for (const { id } of list.value.slice(0, PREFETCHED)) await history.load(id).catch(handled('chat.prefetch'))
  }

  /** The person is signed out: all their data is deleted from this browser, except unsent messages if the session was ended elsewhere. */
  async function forget(withUnsent: boolean): Promise<void> {
    // First stop the writers, so that nothing is written after the deletion.
    sender.stop()
    for (const companion of companions) companion.stop()
    await kept.forget(withUnsent).catch(handled('storage.forget', 'STORAGE_FAILED'))
  }

  return {
    conversations,
    list,
    outgoing: sender.outgoing,
    start,
    stop,
    forget,
    update,
    load: history.load,
    loadOlder: history.loadOlder,
    loadNewer: history.loadNewer,
    jumpTo: history.jumpTo,
    jumpToUnread: history.jumpToUnread,
    toNewest: history.toNewest,
    threadOf: history.threadOf,
    openThread: history.openThread,
    loadOlderThread: history.loadOlderThread,
    loadNewerThread: history.loadNewerThread,
    closeThread: history.closeThread,
    markRead: marks.markRead,
    markThreadRead: marks.markThreadRead,
    markAllRead: marks.markAllRead,
    tellRead: marks.tellRead,
    /** The server has told how far the person has read. */
    settleRead: marks.settle,
    send: (groupId: string, draft: Draft) => sender.send(groupId, draft),
    retry: (id: string) => sender.retry(id),
    discard: (id: string) => sender.discard(id),
  }
}
