import { Lane } from '@beseda/proto/log/v1/commit'
import { shallowReactive } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import type { Connection } from '../../../net/connection.js'
import { decodedCommit } from '../../../net/decoded-commit.js'
import { msOf } from '../../../sync/model/convert.js'
import type { Conversation } from '../../../sync/model/model.js'
import { isUnread } from '../../../sync/model/read-mark.js'

/** A call that rang for this person, who did not answer. */
export interface Missed {
  readonly callId: string
  /** Sequence of the start of the call, in the stream of the group's messages. */
  readonly seq: number
  /** Unix ms. */
  readonly at: number
}

/** Calls of one group that are asked for: who has missed more sees the newest. */
const ASKED = 20

interface CallRow {
  readonly callId: string
  readonly seq: bigint
  readonly startedAt?: Parameters<typeof msOf>[0]
  readonly missedUserIds: readonly string[]
}

export interface MissedParts {
  readonly me: () => string
  readonly connection: Pick<Connection, 'on'>
  readonly conversations: ReadonlyMap<string, Conversation>
  readonly listCalls: (groupId: string, limit: number, minSeq: number) => Promise<readonly CallRow[]>
  /** Everything up to this sequence was seen: for the person's other devices. */
  readonly markRead: (groupId: string, seq: number, backs: number) => Promise<unknown>
  /** How far calls were seen or looked for in this browser, by group. */
  readonly seen: { get(groupId: string): number; set(groupId: string, seq: number): void }
}

/**
 * Missed calls that this person has not seen. They are seen with the conversation: here when it is opened, on other devices when the read
 * marker passes them.
 */
export function missedCallsOf({ me, connection, conversations, listCalls, markRead, seen }: MissedParts) {
  const missed = shallowReactive(new Map<string, readonly Missed[]>())
  const starts = new Map<string, number>()
  const looked = new Set<string>()

  connection.on('commit', (frame) => {
    if (frame.lane !== Lane.CALLS) return
    const commit = decodedCommit(frame)
    for (const { body } of commit.events) {
      if (body.case === 'callStarted') starts.set(body.value.callId, Number(frame.seq))
      if (body.case !== 'callMissed' || !body.value.userIds.includes(me())) continue
      const { callId } = body.value
      add(frame.groupId, [{ callId, seq: starts.get(callId) ?? Number(frame.seq), at: msOf(commit.time) }])
    }
  })
  connection.on('groupLeft', ({ groupId }) => void missed.delete(groupId))
  connection.on('snapshotRequired', ({ head }) => void looked.delete(head?.groupId ?? ''))

  /** Once each, whatever order they arrive in. */
  function add(groupId: string, found: readonly Missed[]): void {
    const byId = new Map([...(missed.get(groupId) ?? []), ...found].map((one) => [one.callId, one]))
    if (byId.size > 0)
      missed.set(
        groupId,
        [...byId.values()].sort((a, b) => a.seq - b.seq),
      )
  }

  /** Looks for calls that were missed while this window was closed: where there were calls after what was read. */
  async function look(): Promise<void> {
    for (const { id, seqs, read } of [...conversations.values()]) {
      const from = Math.max(read.seq, seen.get(id))
      if (looked.has(id) || seqs.calls <= from) continue
      looked.add(id)
      const rows = await listCalls(id, ASKED, seqs.calls).catch(handled('calls.missed'))
      if (!rows) {
        looked.delete(id)
        continue
      }
      // What was seen while the list was in flight stays seen.
      const seenTo = Math.max(conversations.get(id)?.read.seq ?? 0, seen.get(id))
      const mine = rows.filter(({ seq, missedUserIds }) => Number(seq) > seenTo && missedUserIds.includes(me()))
      if (mine.length === 0) seen.set(id, seqs.calls)
      add(
        id,
        mine.map(({ callId, seq, startedAt }) => ({ callId, seq: Number(seq), at: msOf(startedAt) })),
      )
    }
  }

  /** Those after what was read, here or on another device. */
  function of({ id, read }: Pick<Conversation, 'id' | 'read'>): readonly Missed[] {
    return (missed.get(id) ?? []).filter(({ seq }) => seq > read.seq)
  }

  /** The person looks at the conversation. */
  function see(groupId: string): void {
    const conversation = conversations.get(groupId)
    const last = conversation && of(conversation).at(-1)
    if (!last) return
    missed.delete(groupId)
    seen.set(groupId, Math.max(last.seq, conversation.seqs.calls))
    // The marker of messages must not pass messages that were not read.
    const { mentions, backs } = conversation.read
    if (!isUnread(conversation.read) && mentions === 0)
      void markRead(groupId, last.seq, backs).catch(handled('calls.seen'))
  }

  return { of, look, see }
}
