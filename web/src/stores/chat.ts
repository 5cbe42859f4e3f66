import { laneOf } from '@beseda/proto'
import { type Commit as CommitFrame, type Cursor, CursorSchema } from '@beseda/proto/gateway/v1/frames'
import type { Message } from '@beseda/proto/group/v1/group_service'
import { CommitSchema, type Lane } from '@beseda/proto/log/v1/commit'
import type { MyGroup } from '@beseda/proto/membership/v1/membership_service'
import { create, fromBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { defineStore } from 'pinia'
import { computed, shallowReactive } from 'vue'
import { connection, groups as groupService, membership } from '../net/index.js'
import { applyCommit, fits, type LaneCommit, mergeMessages } from '../sync/fold.js'
import type { ChatMessage, Conversation, LaneName, LaneSeqs } from '../sync/model.js'
import { outboxStorage } from '../sync/outbox.js'
import { Sender } from '../sync/sender.js'
import { useAccount } from './account.js'
import { ReadMarks } from './read-marks.js'
import { useTyping } from './typing.js'

const PAGE = 50
/** Conversations whose newest messages are fetched at the start. */
const PREFETCHED = 12
const laneNames = new Map<Lane, LaneName>(
  (['group', 'roster', 'messages', 'calls'] as const).map((name) => [laneOf(name), name]),
)

const seqsOf = (cursor: Cursor): LaneSeqs => ({
  group: Number(cursor.groupSeq),
  roster: Number(cursor.rosterSeq),
  messages: Number(cursor.messagesSeq),
  calls: Number(cursor.callsSeq),
})

/** What the membership service must have read for its answer to be true of this head. */
const position = ({ groupSeq, rosterSeq }: Cursor): bigint => (groupSeq > rosterSeq ? groupSeq : rosterSeq)

const chatMessage = (message: Message): ChatMessage => ({
  id: message.id,
  authorId: message.authorId,
  text: message.text,
  replyTo: message.replyTo,
  sentAt: message.sentAt ? timestampMs(message.sentAt) : 0,
  seq: Number(message.seq),
  index: message.index,
})

/** All conversations, kept in step with the log. */
export const useChat = defineStore('chat', () => {
  const conversations = shallowReactive(new Map<string, Conversation>())
  const account = useAccount()
  const typing = useTyping()
  const marks = new ReadMarks()
  const sender = new Sender({
    storage: outboxStorage,
    post: async ({ id, groupId, text }) => {
      await groupService.postMessage({ messageId: id, groupId, text })
    },
  })
  /** Groups whose head is known before their first fetch. */
  const heads = new Map<string, Cursor>()
  const loading = new Map<string, Promise<void>>()

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
      if (body.case !== 'messagePosted') continue
      typing.stopped(frame.groupId, body.value.authorId)
      void sender.discard(body.value.messageId)
    }
    conversations.set(frame.groupId, applyCommit(conversation, change, account.userId))
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

  async function fetchSummaries(head: Cursor): Promise<void> {
    const asked = new Map(heads)
    const newest = [...asked.values()].reduce((a, b) => (position(a) > position(b) ? a : b), head)
    const request = { minSeqGroupId: newest.groupId, minSeq: position(newest) }
    const mine = await membership.listMyGroups(request).catch(() => undefined)
    if (!mine) connection.resume()
    for (const group of mine?.groups ?? []) settle(group, asked.get(group.groupId))
    // The list shows what was said last: fetched one after another, newest first, so that a click is never behind them.
    for (const { id } of list.value.slice(0, PREFETCHED)) await load(id).catch(() => undefined)
  }

  /** By others, since this device last looked. */
  const unreadIn = (groupId: string, messages: readonly ChatMessage[]): number =>
    messages.filter(({ seq, authorId }) => seq > marks.of(groupId) && authorId !== account.userId).length

  /** The answer counts when the head has not moved on since it was asked for. */
  function settle(group: MyGroup, head: Cursor | undefined): void {
    if (!head || heads.get(group.groupId) !== head) return
    heads.delete(group.groupId)
    const lastMessageSeq = Math.max(Number(group.lastMessageSeq), Number(head.messagesSeq))
    const before = conversations.get(group.groupId)
    conversations.set(group.groupId, {
      id: group.groupId,
      epoch: head.epoch,
      seqs: seqsOf(head),
      kind: group.kind,
      name: group.name,
      topic: group.topic,
      peerId: group.peerId,
      role: group.role,
      memberCount: group.memberCount,
      members: undefined,
      messages: undefined,
      hasOlder: false,
      lastActivityAt: group.lastActivityAt ? timestampMs(group.lastActivityAt) : 0,
      lastMessageSeq,
      lastMessage: undefined,
      unread: before?.unread ?? (lastMessageSeq > marks.of(group.groupId) ? 1 : 0),
    })
    if (before?.messages || before?.members) void load(group.groupId)
  }

  /** Members and the newest messages, once. */
  function load(groupId: string): Promise<void> {
    const running = loading.get(groupId)
    if (running !== undefined) return running
    const work = fetchContents(groupId).finally(() => loading.delete(groupId))
    loading.set(groupId, work)
    return work
  }

  async function fetchContents(groupId: string): Promise<void> {
    const before = conversations.get(groupId)
    if (!before || (before.members && before.messages)) return
    const [{ members }, page] = await Promise.all([
      membership.listMembers({ groupId, minSeq: BigInt(before.seqs.roster) }),
      groupService.listMessages({ groupId, limit: PAGE, minSeq: BigInt(before.seqs.messages) }),
    ])
    const conversation = conversations.get(groupId)
    if (!conversation) return
    const arrived = conversation.lastMessage ? [conversation.lastMessage] : []
    const messages = mergeMessages(page.messages.map(chatMessage), arrived)
    conversations.set(groupId, {
      ...conversation,
      members: new Map(members.map(({ userId, role }) => [userId, role])),
      memberCount: members.length,
      messages,
      hasOlder: page.hasMore,
      lastMessage: messages.at(-1),
      unread: conversation.unread > 0 ? unreadIn(groupId, messages) : 0,
    })
  }

  async function loadOlder(groupId: string): Promise<void> {
    const first = conversations.get(groupId)?.messages?.[0]
    if (!first || !conversations.get(groupId)?.hasOlder || loading.has(groupId)) return
    const work = groupService
      .listMessages({ groupId, beforeSeq: BigInt(first.seq), limit: PAGE })
      .then(({ messages, hasMore }) => {
        const conversation = conversations.get(groupId)
        if (!conversation?.messages) return
        const merged = mergeMessages(messages.map(chatMessage), conversation.messages)
        conversations.set(groupId, { ...conversation, messages: merged, hasOlder: hasMore })
      })
      .finally(() => loading.delete(groupId))
    loading.set(groupId, work)
    await work.catch(() => undefined)
  }

  /** Everything in the conversation has been seen. */
  function markRead(groupId: string): void {
    const conversation = conversations.get(groupId)
    if (!conversation) return
    marks.set(groupId, conversation.lastMessageSeq)
    if (conversation.unread > 0) conversations.set(groupId, { ...conversation, unread: 0 })
  }

  return {
    conversations,
    list,
    outgoing: sender.outgoing,
    start,
    stop,
    load,
    loadOlder,
    markRead,
    send: (groupId: string, text: string) => sender.send(groupId, text),
    retry: (id: string) => sender.retry(id),
    discard: (id: string) => sender.discard(id),
  }
})
