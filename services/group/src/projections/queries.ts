import type { SqliteView } from '@beseda/event-log'
import type { GroupKind } from '@beseda/proto/group/v1/events'
import type { Role } from '@beseda/proto/membership/v1/events'

export interface GroupRow {
  readonly id: string
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  readonly created_at: number
  readonly founder_id: string
  readonly deleted: number
  readonly group_seq: number
  /** 0: none since the founding. */
  readonly roster_seq: number
}

export interface MessageRow {
  readonly group_id: string
  readonly seq: number
  readonly idx: number
  readonly id: string
  readonly author_id: string
  readonly text: string
  readonly reply_to: string
  readonly sent_at: number
}

export const groupById = (view: SqliteView, groupId: string) =>
  view.get<GroupRow>('SELECT * FROM grp WHERE id = ?', groupId)

export const roleOf = (view: SqliteView, groupId: string, userId: string): Role | undefined =>
  view.get<{ role: Role }>('SELECT role FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)?.role

export const membersOf = (view: SqliteView, groupId: string) =>
  view.all<{ user_id: string; role: Role }>('SELECT user_id, role FROM member WHERE group_id = ?', groupId)

export const commandById = (view: SqliteView, commandId: string) =>
  view.get<{ group_id: string; actor_id: string; seq: number }>('SELECT * FROM command WHERE id = ?', commandId)

export const messageById = (view: SqliteView, groupId: string, messageId: string) =>
  view.get<MessageRow>('SELECT * FROM message WHERE group_id = ? AND id = ?', groupId, messageId)

export interface Page {
  readonly messages: readonly MessageRow[]
  readonly hasMore: boolean
}

interface PageRequest {
  /** Exclusive; 0: from the end. */
  readonly beforeSeq: number
  /** Exclusive; 0: not used. */
  readonly afterSeq: number
  readonly limit: number
}

/** A page of history, oldest first. The messages of one commit are never torn apart, so a page can be a little longer. */
export function messagePage(view: SqliteView, groupId: string, { beforeSeq, afterSeq, limit }: PageRequest): Page {
  const forward = afterSeq > 0
  const [from, to] = forward ? [afterSeq, Number.MAX_SAFE_INTEGER] : [0, beforeSeq || Number.MAX_SAFE_INTEGER]
  const order = forward ? 'ASC' : 'DESC'
  const edge = view.get<{ seq: number }>(
    `SELECT seq FROM message WHERE group_id = ? AND seq > ? AND seq < ? ORDER BY seq ${order}, idx ${order} LIMIT 1 OFFSET ?`,
    groupId,
    from,
    to,
    limit - 1,
  )?.seq
  const [low, high] = forward ? [from, edge ?? to] : [edge === undefined ? from : edge - 1, to]
  const messages = view.all<MessageRow>(
    `SELECT * FROM message WHERE group_id = ? AND seq > ? AND seq ${forward ? '<=' : '<'} ? ORDER BY seq, idx`,
    groupId,
    low,
    high,
  )
  if (edge === undefined) return { messages, hasMore: false }
  const beyond = view.get(
    `SELECT 1 FROM message WHERE group_id = ? AND ${forward ? 'seq > ?' : 'seq < ?'} LIMIT 1`,
    groupId,
    edge,
  )
  return { messages, hasMore: beyond !== undefined }
}
