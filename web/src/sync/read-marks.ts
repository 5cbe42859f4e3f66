import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { handled } from '../diagnostics/log.js'
import type { ChatApi } from './chat-api.js'
import { withReadState } from './model/fold.js'
import type { Conversation } from './model/model.js'

/** Shortest time between two updates of a read marker; messages read in between are included in the next update. */
const EVERY_MS = 1_000
/** Beyond every index: the whole commit has been seen. */
const LAST_INDEX = 0xffff

type Update = (groupId: string, make: (conversation: Conversation) => Conversation) => void

/** The read markers of this person, set here and on other devices. */
export function readMarksOf(
  groupService: ChatApi['groups'],
  conversations: ReadonlyMap<string, Conversation>,
  update: Update,
  reload: (groupId: string) => Promise<void>,
) {
  const waiting = new Map<string, ReturnType<typeof setTimeout>>()
  const asking = new Set<string>()

  function settle(state: ReadState): void {
    // Another device deleted something for me while this one was offline.
    const missed = (conversations.get(state.groupId)?.hidden ?? state.hidden) < state.hidden
    update(state.groupId, (conversation) => ({ ...withReadState(conversation, state), hidden: state.hidden }))
    if (missed) void reload(state.groupId).catch(handled('chat.reload'))
    refreshStale(state.groupId)
  }

  async function refresh(): Promise<void> {
    const answer = await groupService.listReadStates({}).catch(handled('read-marks'))
    for (const state of answer?.states ?? []) {
      const { seq = 0 } = conversations.get(state.groupId)?.read ?? {}
      settle(state)
      // Read here while offline: other devices still show it as unread.
      if (seq > Number(state.readSeq) && (state.unread > 0 || state.mentions > 0)) send(state.groupId)
    }
  }

  /** Fetches counters that cannot be computed from the messages known here. */
  function refreshStale(groupId: string): void {
    const conversation = conversations.get(groupId)
    if (!conversation?.countersStale || asking.has(groupId)) return
    asking.add(groupId)
    const minSeq = BigInt(conversation.seqs.messages)
    groupService.listReadStates({ groupId, minSeq }).then(
      ({ states: [state] }) => {
        asking.delete(groupId)
        if (state) settle(state)
      },
      (error: unknown) => {
        handled('read-marks')(error)
        asking.delete(groupId)
      },
    )
  }

  function send(groupId: string): void {
    waiting.delete(groupId)
    const conversation = conversations.get(groupId)
    if (!conversation) return
    const { seq, index } = conversation.read
    groupService
      .markRead({ groupId, seq: BigInt(seq), index })
      .then(({ state }) => state && settle(state), handled('read-marks.send'))
  }

  /** Marks the whole conversation as read. */
  function markRead(groupId: string): void {
    const conversation = conversations.get(groupId)
    if (!conversation || conversation.hasNewer) return
    const { read, seqs } = conversation
    if (read.unread === 0 && read.mentions === 0 && read.seq >= conversation.lastMessageSeq) return
    update(groupId, (present) => ({
      ...present,
      read: { seq: seqs.messages, index: LAST_INDEX, unread: 0, mentions: 0 },
    }))
    if (!waiting.has(groupId))
      waiting.set(
        groupId,
        setTimeout(() => send(groupId), EVERY_MS),
      )
  }

  /** Sends pending read markers before the page closes. */
  window.addEventListener('pagehide', () => {
    for (const [groupId, timer] of [...waiting]) {
      clearTimeout(timer)
      send(groupId)
    }
  })

  return { settle, refresh, refreshStale, markRead }
}
