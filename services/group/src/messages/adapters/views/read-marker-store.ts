import type { Projection } from '@beseda/event-log'
import { type ReadState, ReadStateSchema, type ThreadReadStateSchema } from '@beseda/proto/group/v1/group_service'
import { targetsOf } from '@beseda/rules'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { GroupRecord, MemberRecord } from '../../../groups/application/records.js'
import { ReadMarkerStore } from '../../application/ports.js'
import {
  isAfter,
  MOST_TOLD,
  NOTHING_READ,
  type Position,
  type ReadMarks,
  type ThreadUnread,
  threadMark,
} from '../../domain/read-marks.js'
import { unreadAnswers } from './followed-threads.js'

/** Counters stop here: nobody reads "1,000 unread" as a figure, and counting a million would take time. */
const COUNTED = 1_000

/** Whom the person has blocked says nothing to them. */
const NOT_BLOCKED = 'author_id NOT IN (SELECT other_id FROM block WHERE user_id = ?)'

const UNREAD = `
  SELECT COUNT(*) AS n FROM (
    SELECT 1 FROM message INDEXED BY message_line WHERE group_id = ? AND thread_id = '' AND (seq, idx) > (?, ?) AND author_id <> ? AND deleted = 0
    AND ${NOT_BLOCKED} AND (expires_at = 0 OR expires_at > ?)
    AND NOT EXISTS (SELECT 1 FROM hidden WHERE user_id = ? AND group_id = message.group_id AND message_id = message.id) LIMIT ?)`

const mentions = (what: string, targets: readonly string[], thread: string): string => `
    SELECT DISTINCT ${what} FROM mention WHERE group_id = ? AND target IN (${targets.map(() => '?').join(', ')})
    AND ${thread} AND (seq, idx) > (?, ?) AND author_id <> ? AND ${NOT_BLOCKED}
    AND NOT EXISTS (SELECT 1 FROM message WHERE group_id = mention.group_id AND id = mention.message_id AND expires_at > 0 AND expires_at <= ?)
    AND NOT EXISTS (SELECT 1 FROM hidden WHERE user_id = ? AND group_id = mention.group_id AND message_id = mention.message_id)`

const inMainLine = (targets: readonly string[]): string =>
  `SELECT COUNT(*) AS n FROM (${mentions('seq, idx', targets, "thread_id = ''")} LIMIT ?)`

const inThreads = (targets: readonly string[]): string => `
  SELECT * FROM (${mentions('seq, idx, thread_id, message_id', targets, "thread_id <> ''")}) AS one
  WHERE NOT EXISTS (SELECT 1 FROM thread_mark AS mark WHERE mark.group_id = ? AND mark.user_id = ? AND mark.thread_id = one.thread_id
    AND (mark.seq, mark.idx) >= (one.seq, one.idx))
  ORDER BY seq, idx LIMIT ?`

interface MarkRow {
  readonly seq: number
  readonly idx: number
  readonly stored_seq: number
  readonly threads_seq: number
  readonly threads_idx: number
  readonly backs: number
  readonly marked_unread: number
  readonly seen_seq: number
  readonly seen_idx: number
}

interface FoundMention extends ThreadUnread {
  readonly messageId: string
}

export class SqliteReadMarkerStore extends ReadMarkerStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  load(groupId: string, userId: string): { state: ReadMarks; lastSeq: number } {
    const { view } = this.projection
    const row = view.get<MarkRow>('SELECT * FROM read_mark WHERE group_id = ? AND user_id = ?', groupId, userId)
    if (!row) return { state: NOTHING_READ, lastSeq: 0 }
    const rows = view.all<{ id: string; seq: number; idx: number }>(
      'SELECT thread_id AS id, seq, idx FROM thread_mark WHERE group_id = ? AND user_id = ?',
      groupId,
      userId,
    )
    const marks = new Map(rows.map(({ id, seq, idx }): [string, Position] => [id, { seq, index: idx }]))
    const threads = { seq: row.threads_seq, index: row.threads_idx }
    const seen = { seq: row.seen_seq, index: row.seen_idx }
    const back = { backs: row.backs, markedUnread: row.marked_unread === 1, seen }
    return { state: { seq: row.seq, index: row.idx, threads, marks, ...back }, lastSeq: row.stored_seq }
  }

  /** The counters are counted over the messages and never kept as sums, so they cannot drift. */
  state(group: GroupRecord, member: MemberRecord, now: number): ReadState {
    const { userId, role } = member
    const marks = this.marks(group, member)
    const targets = targetsOf({ userId, role })
    const rest = [marks.seq, marks.index, userId, userId, now, userId, COUNTED]
    const mentionsInThreads = this.#mentionsInThreads(group, member, marks, now)
    const mentioned = this.#count(inMainLine(targets), group.id, ...targets, ...rest) + mentionsInThreads.length
    return create(ReadStateSchema, {
      groupId: group.id,
      readSeq: BigInt(marks.seq),
      readIndex: marks.index,
      unread: this.#count(UNREAD, group.id, ...rest),
      mentions: Math.min(COUNTED, mentioned),
      messagesSeq: BigInt(group.messagesSeq),
      hidden: this.#count('SELECT COUNT(*) AS n FROM hidden WHERE user_id = ? AND group_id = ?', userId, group.id),
      threadsSeq: BigInt(marks.threads.seq),
      threadsIndex: marks.threads.index,
      threads: threadStates(marks, mentionsInThreads),
      backs: marks.backs,
      markedUnread: marks.markedUnread,
    })
  }

  unreadInThreads(group: GroupRecord, member: MemberRecord, now: number): readonly ThreadUnread[] {
    const marks = this.marks(group, member)
    const mentions = this.#mentionsInThreads(group, member, marks, now)
    const answers = unreadAnswers(this.projection.view, group.id, member.userId, marks.threads, now)
    return [...mentions, ...answers].toSorted((a, b) => a.seq - b.seq || a.index - b.index).slice(0, MOST_TOLD)
  }

  #mentionsInThreads(
    group: GroupRecord,
    { userId, role }: MemberRecord,
    { threads }: ReadMarks,
    now: number,
  ): readonly FoundMention[] {
    const targets = targetsOf({ userId, role })
    const values = [group.id, ...targets, threads.seq, threads.index, userId, userId, now, userId, group.id, userId]
    const rows = this.projection.view.all<{ seq: number; idx: number; thread_id: string; message_id: string }>(
      inThreads(targets),
      ...values,
      COUNTED,
    )
    return rows.map(({ seq, idx, thread_id, message_id }) => ({
      seq,
      index: idx,
      threadId: thread_id,
      messageId: message_id,
    }))
  }

  lastCallSeq(groupId: string): number {
    return this.#count('SELECT COALESCE(MAX(seq), 0) AS n FROM call_record WHERE group_id = ?', groupId)
  }

  readersOf(groupId: string, { seq, index }: Position): readonly string[] {
    const rows = this.projection.view.all<{ id: string }>(
      'SELECT user_id AS id FROM read_mark JOIN member USING (group_id, user_id) WHERE group_id = ? AND (seen_seq, seen_idx) >= (?, ?) ORDER BY user_id',
      groupId,
      seq,
      index,
    )
    return rows.map(({ id }) => id)
  }

  marks({ id }: GroupRecord, { userId, joinedSeq }: MemberRecord): ReadMarks {
    const { state } = this.load(id, userId)
    const joined = { seq: joinedSeq, index: 0 }
    const main = state.seq >= joinedSeq ? state : joined
    const threads = state.threads.seq >= joinedSeq ? state.threads : joined
    return { ...state, seq: main.seq, index: main.index, threads }
  }

  #count(sql: string, ...values: (string | number)[]): number {
    return this.projection.view.get<{ n: number }>(sql, ...values)?.n ?? 0
  }
}

/** Threads that are read further than all, and those with unread mentions. */
function threadStates(
  marks: ReadMarks,
  unread: readonly FoundMention[],
): MessageInitShape<typeof ThreadReadStateSchema>[] {
  const further = [...marks.marks].flatMap(([threadId, place]) => (isAfter(place, marks.threads) ? threadId : []))
  const ids = new Set([...further, ...unread.map(({ threadId }) => threadId)])
  return [...ids].map((threadId) => {
    const { seq, index } = threadMark(marks, threadId)
    const own = unread.filter((mention) => mention.threadId === threadId)
    const firstMentionId = own[0]?.messageId ?? ''
    return { threadId, readSeq: BigInt(seq), readIndex: index, mentions: own.length, firstMentionId }
  })
}
