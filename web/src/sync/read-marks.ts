import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { handled } from '../diagnostics/log.js'
import { whenLeaving } from '../net/page-life.js'
import type { ChatApi } from './chat-api.js'
import { readMark } from './model/convert.js'
import { withReadState } from './model/counters.js'
import type { Conversation } from './model/model.js'
import { isAfter, mentionsIn, mentionsInThreads, readTo, withMainRead, withThreadRead } from './model/read-mark.js'

/** Shortest time between two updates of a read marker; messages read in between are included in the next update. */
const EVERY_MS = 1_000
/** Pause before counters are requested again that changed while the request was in flight. */
const ASK_AGAIN_MS = 300
/** Beyond every index: the whole commit has been seen. */
const LAST_INDEX = 0xffff

/** Marked up to what has been received here: what the counters had beyond it must count when it arrives. */
const withMark = (present: Conversation, read: Conversation['read']): Conversation => ({
  ...present,
  read: { ...read, asOf: Math.min(read.asOf, present.seqs.messages) },
})

type Update = (groupId: string, make: (conversation: Conversation) => Conversation) => void

/** The read markers of this person, set here and on other devices. */
export function readMarksOf(
  groupService: ChatApi['groups'],
  conversations: ReadonlyMap<string, Conversation>,
  update: Update,
  reload: (groupId: string) => Promise<void>,
) {
  /** By group and thread. */
  const waiting = new Map<string, ReturnType<typeof setTimeout>>()
  const asking = new Set<string>()

  function settle(state: ReadState): void {
    // Another device deleted something for me while this one was offline.
    const missed = (conversations.get(state.groupId)?.hidden ?? state.hidden) < state.hidden
    update(state.groupId, (conversation) => {
      const hidden = Math.max(conversation.hidden, state.hidden)
      return { ...withReadState(conversation, state), hidden }
    })
    if (missed) void reload(state.groupId).catch(handled('chat.reload'))
    refreshStale(state.groupId)
  }

  /** `afterBlock`: the person has just blocked or unblocked somebody. */
  async function refresh(afterBlock = false): Promise<void> {
    const answer = await groupService.listReadStates({ afterBlock }).catch(handled('read-marks'))
    for (const state of answer?.states ?? []) {
      const { read } = conversations.get(state.groupId) ?? {}
      settle(state)
      if (!read) continue
      // Read here while offline: other devices still show it as unread.
      const server = readMark(state)
      if (read.seq > server.seq && (server.unread > 0 || server.mentions > 0)) send(state.groupId, '')
      for (const { id, mentions } of server.threads)
        if (mentions > 0 && isAfter(readTo(read, id), readTo(server, id))) send(state.groupId, id)
    }
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
    waiting.delete(`${groupId} ${threadId}`)
    const conversation = conversations.get(groupId)
    if (!conversation) return
    const { seq, index } = readTo(conversation.read, threadId)
    groupService
      .markRead({ groupId, threadId, seq: BigInt(seq), index })
      .then(({ state }) => state && settle(state), handled('read-marks.send'))
  }

  function sendSoon(groupId: string, threadId: string): void {
    const key = `${groupId} ${threadId}`
    if (!waiting.has(key))
      waiting.set(
        key,
        setTimeout(() => send(groupId, threadId), EVERY_MS),
      )
  }

  /** Marks the whole main line as read. Its threads are marked when they are looked at. */
  function markRead(groupId: string): void {
    const conversation = conversations.get(groupId)
    if (!conversation || conversation.hasNewer) return
    const { read, seqs } = conversation
    const nothing = read.unread === 0 && read.mentions === mentionsInThreads(read)
    if (nothing && read.seq >= conversation.lastMessageSeq) return
    const place = { seq: seqs.messages, index: LAST_INDEX }
    update(groupId, (present) => withMark(present, withMainRead(present.read, place)))
    sendSoon(groupId, '')
  }

  /** Marks a thread as read, if it has mentions that are not. */
  function markThreadRead(groupId: string, threadId: string): void {
    const conversation = conversations.get(groupId)
    if (!conversation || mentionsIn(conversation.read, threadId) === 0) return
    const place = { seq: conversation.seqs.messages, index: LAST_INDEX }
    update(groupId, (present) => withMark(present, withThreadRead(present.read, threadId, place)))
    sendSoon(groupId, threadId)
  }

  // Sends pending read markers.
  whenLeaving(() => {
    for (const [key, timer] of [...waiting]) {
      clearTimeout(timer)
      const [groupId = '', threadId = ''] = key.split(' ')
      send(groupId, threadId)
    }
  })

  return { settle, refresh, refreshStale, markRead, markThreadRead }
}
