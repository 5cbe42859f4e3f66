import { laneOf } from '@beseda/proto'
import { type Commit as CommitFrame, type Cursor, CursorSchema } from '@beseda/proto/gateway/v1/frames'
import { AttachmentInputSchema, type ReadState } from '@beseda/proto/group/v1/group_service'
import { CommitSchema, type Lane } from '@beseda/proto/log/v1/commit'
import type { MyGroup } from '@beseda/proto/membership/v1/membership_service'
import { create, fromBinary } from '@bufbuild/protobuf'
import { defineStore } from 'pinia'
import { computed, shallowReactive } from 'vue'
import { connection, groups as groupService, membership } from '../net/index.js'
import { conversationOf } from '../sync/convert.js'
import { applyCommit, findMessage, fits, type LaneCommit, withHidden } from '../sync/fold.js'
import type { Conversation, LaneName } from '../sync/model.js'
import { type Draft, type OutgoingMessage, outboxStorage } from '../sync/outbox.js'
import { Sender } from '../sync/sender.js'
import { forgetFile } from '../ui/use-file-url.js'
import { useAccount } from './account.js'
import { historyOf } from './history.js'
import { readMarksOf } from './read-marks.js'
import { useTyping } from './typing.js'

/** Conversations whose newest messages are fetched at the start. */
const PREFETCHED = 12

const laneNames = new Map<Lane, LaneName>(
  (['group', 'roster', 'messages', 'calls'] as const).map((name) => [laneOf(name), name]),
)

/** What the membership service must have read for its answer to be true of this head. */
const position = ({ groupSeq, rosterSeq }: Cursor): bigint => (groupSeq > rosterSeq ? groupSeq : rosterSeq)

async function post({
  id,
  groupId,
  text,
  replyTo = '',
  threadId = '',
  files = [],
  forward,
}: OutgoingMessage): Promise<void> {
  const attachments = files.map(({ fileId, voice, durationMs, waveform }) =>
    create(AttachmentInputSchema, { fileId, voice, durationMs, waveform: new Uint8Array(waveform) }),
  )
  const more = forward ? { forward } : {}
  await groupService.postMessage({ messageId: id, groupId, text, replyTo, threadId, attachments, ...more })
}

/** All conversations, kept in step with the log. */
export const useChat = defineStore('chat', () => {
  const conversations = shallowReactive(new Map<string, Conversation>())
  const account = useAccount()
  const typing = useTyping()
  const sender = new Sender({ storage: outboxStorage, post })
  /** Groups whose head is known before their first fetch. */
  const heads = new Map<string, Cursor>()

  /** Replaces a conversation that is there. */
  function update(groupId: string, make: (conversation: Conversation) => Conversation): void {
    const present = conversations.get(groupId)
    if (present) conversations.set(groupId, make(present))
  }

  const history = historyOf(conversations, update, () => account.userId)
  const marks = readMarksOf(conversations, update, history.reload)
  const list = computed(() => [...conversations.values()].sort((a, b) => b.lastActivityAt - a.lastActivityAt))

  function cursors(): Cursor[] {
    return [...conversations.values()].map(({ id, epoch, seqs }) =>
      create(CursorSchema, {
        groupId: id,
        epoch,
        groupSeq: BigInt(seqs.group),
        rosterSeq: BigInt(seqs.roster),
        messagesSeq: BigInt(seqs.messages),
        callsSeq: BigInt(seqs.calls),
      }),
    )
  }

  function start(): void {
    connection.start(cursors)
    void sender.start(account.userId)
  }

  function stop(): void {
    connection.stop()
    sender.stop()
    conversations.clear()
    heads.clear()
  }

  connection.on('ready', ({ heads: present }) => {
    const known = new Set(present.map(({ groupId }) => groupId))
    for (const groupId of conversations.keys()) if (!known.has(groupId)) conversations.delete(groupId)
  })
  // What other devices have read meanwhile came past this one.
  connection.on('live', () => void marks.refresh())
  connection.on('snapshotRequired', ({ head }) => {
    if (head) fetchSummary(head)
  })
  connection.on('groupJoined', ({ head }) => {
    if (head) fetchSummary(head)
  })
  connection.on('groupLeft', ({ groupId }) => {
    heads.delete(groupId)
    conversations.delete(groupId)
  })
  connection.on('commit', receive)
  connection.on('userEvent', ({ event }) => {
    if (event.case === 'readState') marks.settle(event.value)
    if (event.case === 'messageHidden') {
      const { groupId, messageId } = event.value
      update(groupId, (conversation) => withHidden(conversation, messageId, account.userId))
    }
  })

  function receive(frame: CommitFrame): void {
    const lane = laneNames.get(frame.lane)
    const conversation = conversations.get(frame.groupId)
    if (!lane) return
    if (!conversation) {
      advanceHead(frame.groupId, lane, frame.seq)
      return
    }
    const commit = fromBinary(CommitSchema, frame.commit)
    const change: LaneCommit = { lane, seq: Number(frame.seq), prevSeq: Number(frame.prevSeq), commit }
    const fit = fits(conversation, change)
    if (fit === 'hole') connection.resume()
    if (fit !== 'next') return
    for (const { body } of commit.events) {
      if (body.case === 'messageDeleted') {
        const gone = findMessage(conversation, body.value.messageId)
        for (const { fileId } of gone?.attachments ?? []) forgetFile(fileId)
      }
      if (body.case !== 'messagePosted') continue
      typing.stopped(frame.groupId, body.value.authorId)
      void sender.discard(body.value.messageId)
    }
    conversations.set(frame.groupId, applyCommit(conversation, change, account.userId))
    marks.refreshStale(frame.groupId)
    history.expire(frame.groupId)
  }

  /** What comes while a group is being fetched is in the answer, or the answer is asked for again. */
  function advanceHead(groupId: string, lane: LaneName, seq: bigint): void {
    const head = heads.get(groupId)
    if (!head) return
    fetchSummary({ ...head, [`${lane}Seq`]: seq })
  }

  let gathering = false
  /** Many groups at once are one request. */
  function fetchSummary(head: Cursor): void {
    heads.set(head.groupId, head)
    if (gathering) return
    gathering = true
    queueMicrotask(() => {
      gathering = false
      void fetchSummaries(head)
    })
  }

  /** All pages. */
  async function myGroups(request: { minSeqGroupId: string; minSeq: bigint }): Promise<MyGroup[]> {
    const found: MyGroup[] = []
    for (let afterGroupId = '', more = true; more; ) {
      const { groups, hasMore } = await membership.listMyGroups({ ...request, afterGroupId })
      found.push(...groups)
      afterGroupId = groups.reduce((last, { groupId }) => (groupId > last ? groupId : last), afterGroupId)
      more = hasMore
    }
    return found
  }

  async function fetchSummaries(head: Cursor): Promise<void> {
    const asked = new Map(heads)
    const newest = [...asked.values()].reduce((a, b) => (position(a) > position(b) ? a : b), head)
    const request = { minSeqGroupId: newest.groupId, minSeq: position(newest) }
    const answers = await Promise.all([myGroups(request), groupService.listReadStates({})]).catch(() => undefined)
    if (!answers) connection.resume()
    const [mine, { states } = { states: [] }] = answers ?? []
    const stateOf = new Map(states.map((state): [string, ReadState] => [state.groupId, state]))
    for (const group of mine ?? []) {
      const present = asked.get(group.groupId)
      // The answer counts when the head has not moved on since it was asked for.
      if (!present || heads.get(group.groupId) !== present) continue
      heads.delete(group.groupId)
      const before = conversations.get(group.groupId)
      conversations.set(group.groupId, conversationOf(group, present, stateOf.get(group.groupId), account.userId))
      marks.refreshStale(group.groupId)
      if (before?.messages || before?.members) void history.load(group.groupId)
    }
    // The list shows what was said last: fetched one after another, newest first, so that a click is never behind them.
    for (const { id } of list.value.slice(0, PREFETCHED)) await history.load(id).catch(() => undefined)
  }

  const unreadTotal = computed(() =>
    list.value.reduce((sum, { read }) => sum + (read.mentions || Number(read.unread > 0)), 0),
  )

  return {
    conversations,
    list,
    unreadTotal,
    outgoing: sender.outgoing,
    start,
    stop,
    update,
    load: history.load,
    loadOlder: history.loadOlder,
    loadNewer: history.loadNewer,
    jumpTo: history.jumpTo,
    toNewest: history.toNewest,
    openThread: history.openThread,
    closeThread: history.closeThread,
    markRead: marks.markRead,
    send: (groupId: string, draft: Draft) => sender.send(groupId, draft),
    retry: (id: string) => sender.retry(id),
    discard: (id: string) => sender.discard(id),
  }
})
