import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { handled } from '../diagnostics/log.js'
import { whenLeaving } from '../net/page-life.js'
import type { ChatApi } from './chat-api.js'
import { readMark } from './model/convert.js'
import { withReadState } from './model/counters.js'
import type { Conversation } from './model/model.js'
import {
  isUnread,
  LAST_INDEX,
  mentionsIn,
  mentionsInThreads,
  readTo,
  unknownMarks,
  withMainRead,
  withThreadRead,
} from './model/read-mark.js'

/** Shortest time between two updates of a read marker; messages read in between are included in the next update. */
const EVERY_MS = 1_000
/** So many markers are sent at once when everything is marked as read: fewer than the server allows a second. */
const AT_ONCE = 8
/** Pause before counters are requested again that changed while the request was in flight. */
const ASK_AGAIN_MS = 300

/** Marked up to what has been received here: what the counters had beyond it must count when it arrives. */
const withMark = (present: Conversation, read: Conversation['read']): Conversation => ({
  ...present,
  read: { ...read, asOf: Math.min(read.asOf, present.seqs.messages) },
})

type Update = (groupId: string, make: (conversation: Conversation) => Conversation) => void

/** The read markers of this person, set here and on other devices. `told`: called with each state that the server tells. */
export function readMarksOf(
  groupService: ChatApi['groups'],
  conversations: ReadonlyMap<string, Conversation>,
  update: Update,
  reload: (groupId: string) => Promise<void>,
  told: (state: ReadState) => void,
) {
  /** By group and thread. */
  const waiting = new Map<string, ReturnType<typeof setTimeout>>()
  const sending = new Map<string, Promise<unknown>>()
  const asking = new Set<string>()

  function settle(state: ReadState): void {
    told(state)
    // What was read here before another device marked it as unread is not said any more.
    if (state.backs > (conversations.get(state.groupId)?.read.backs ?? 0)) forget(`${state.groupId} `)
    // Another device deleted something for me while this one was offline.
    const before = conversations.get(state.groupId)
    const missed = (before?.hidden ?? state.hidden) < state.hidden
    update(state.groupId, (conversation) => {
      const hidden = Math.max(conversation.hidden, state.hidden)
      return { ...withReadState(conversation, state), hidden }
    })
    if (missed) void reload(state.groupId).catch(handled('chat.reload'))
    refreshStale(state.groupId)
    // Read here while offline, or the request was lost: other devices still show it as unread.
    for (const line of before ? unknownMarks(readMark(state), before.read) : [])
      if (!sending.has(`${state.groupId} ${line}`)) sendSoon(state.groupId, line)
  }

  /** `afterBlock`: the person has just blocked or unblocked somebody. */
  async function refresh(afterBlock = false): Promise<void> {
    const answer = await groupService.listReadStates({ afterBlock }).catch(handled('read-marks'))
    for (const state of answer?.states ?? []) settle(state)
  }

  /** Fetches counters that cannot be computed from the messages known here. */
  function refreshStale(groupId: string): void {
    const conversation = conversations.get(groupId)
    if (!conversation?.countersStale || asking.has(groupId)) return
    asking.add(groupId)
    const { seqs } = conversation
    // The roster too: mentions of @admins depend on my role.
    const minSeq = BigInt(Math.max(seqs.messages, seqs.roster))
    groupService.listReadStates({ groupId, minSeq }).then(
      ({ states: [state] }) => {
        if (state) settle(state)
        asking.delete(groupId)
        // Something arrived while the request was in flight.
        if (conversations.get(groupId)?.countersStale) setTimeout(() => refreshStale(groupId), ASK_AGAIN_MS)
      },
      (error: unknown) => {
        handled('read-marks')(error)
        asking.delete(groupId)
      },
    )
  }

  /** `threadId`: empty for the main line. */
  function send(groupId: string, threadId: string): void {
    const key = `${groupId} ${threadId}`
    forget(key)
    const conversation = conversations.get(groupId)
    if (!conversation) return
    const { seq, index } = readTo(conversation.read, threadId)
    const { backs } = conversation.read
    const told = groupService
      .markRead({ groupId, threadId, seq: BigInt(seq), index, backs })
      .finally(() => sending.delete(key))
      .then(({ state }) => state && settle(state))
    sending.set(key, told)
    told.catch(handled('read-marks.send'))
  }

  /** The server is told at once how far the main line was read here. Resolves when it knows. */
  async function tellRead(groupId: string): Promise<void> {
    const key = `${groupId} `
    if (waiting.has(key)) send(groupId, '')
    await sending.get(key)
  }

  function sendSoon(groupId: string, threadId: string, ms = EVERY_MS): void {
    const key = `${groupId} ${threadId}`
    if (!waiting.has(key))
      waiting.set(
        key,
        setTimeout(() => send(groupId, threadId), ms),
      )
  }

  /** `key`: of a line. */
  function forget(key: string): void {
    clearTimeout(waiting.get(key))
    waiting.delete(key)
  }

  /** Marks the whole main line as read, in `ms`. Its threads are marked when they are looked at. */
  function readLine(groupId: string, ms?: number): void {
    const conversation = conversations.get(groupId)
    if (!conversation) return
    const { read, seqs } = conversation
    const nothing = !isUnread(read) && read.mentions === mentionsInThreads(read)
    if (nothing && read.seq >= conversation.lastMessageSeq) return
    const place = { seq: seqs.messages, index: LAST_INDEX }
    update(groupId, (present) => withMark(present, withMainRead(present.read, place)))
    sendSoon(groupId, '', ms)
  }

  /** Marks a thread as read, in `ms`, if it has mentions that are not. */
  function markThreadRead(groupId: string, threadId: string, ms?: number): void {
    const conversation = conversations.get(groupId)
    if (!conversation || mentionsIn(conversation.read, threadId) === 0) return
    const place = { seq: conversation.seqs.messages, index: LAST_INDEX }
    update(groupId, (present) => withMark(present, withThreadRead(present.read, threadId, place)))
    sendSoon(groupId, threadId, ms)
  }

  /** The person has reached the end of the main line. */
  function markRead(groupId: string): void {
    if (!conversations.get(groupId)?.hasNewer) readLine(groupId)
  }

  /**
   * Marks conversations as read with all their threads, seen or not. The server is told after `ms`, a few at a time. Returns how to undo it
   * before that.
   */
  function markAllRead(groupIds: readonly string[], ms = EVERY_MS): () => void {
    const before = new Map<string, Conversation['read']>()
    for (const [position, id] of groupIds.entries()) {
      const read = conversations.get(id)?.read
      if (!read) continue
      before.set(id, read)
      const later = ms + Math.floor(position / AT_ONCE) * EVERY_MS
      readLine(id, later)
      for (const thread of read.threads) markThreadRead(id, thread.id, later)
    }
    return () => {
      for (const [id, read] of before) {
        for (const line of ['', ...read.threads.map((thread) => thread.id)]) forget(`${id} ${line}`)
        // What has come since counts, too: the counters are requested.
        update(id, (present) => (present.read.backs > read.backs ? present : { ...present, read, countersStale: true }))
      }
      void refresh()
    }
  }

  // Sends pending read markers.
  whenLeaving(() => {
    for (const key of [...waiting.keys()]) {
      const [groupId = '', threadId = ''] = key.split(' ')
      send(groupId, threadId)
    }
  })

  return { settle, refresh, refreshStale, tellRead, markRead, markThreadRead, markAllRead }
}
