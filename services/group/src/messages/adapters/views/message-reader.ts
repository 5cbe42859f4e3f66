import type { SqliteView } from '@beseda/event-log'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import type { Message } from '@beseda/proto/group/v1/group_service'
import { MessageSchema } from '@beseda/proto/group/v1/group_service'
import { create, fromBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'

export interface MessageRow {
  readonly key: number
  readonly group_id: string
  readonly seq: number
  readonly idx: number
  readonly id: string
  readonly author_id: string
  readonly thread_id: string
  readonly sent_at: number
  readonly expires_at: number
  readonly deleted: number
  readonly edited_at: number
  /** Of the newest edit; 0: none. */
  readonly edited_seq: number
  /** MessagePosted, as edited last. */
  readonly body: Uint8Array
}

/** Who is looking, and from where on they may. */
export interface Reader {
  readonly userId: string
  /** Messages at and before this sequence are not for them. */
  readonly hiddenBefore: number
  /** Unix ms. */
  readonly now: number
}

/** There for this reader: not expired, not deleted (but the head of a thread stays as a place), not hidden, not before they came. */
const VISIBLE = `
  ((message.deleted = 0 AND (message.expires_at = 0 OR message.expires_at > :now))
    OR (message.deleted = 1 AND EXISTS (SELECT 1 FROM thread WHERE group_id = message.group_id AND id = message.id AND replies > 0)))
  AND message.seq > :hiddenBefore
  AND NOT EXISTS (SELECT 1 FROM hidden WHERE user_id = :userId AND group_id = message.group_id AND message_id = message.id)`

const visible = ({ userId, hiddenBefore, now }: Reader) => ({
  ':userId': userId,
  ':hiddenBefore': hiddenBefore,
  ':now': now,
})

export const messageById = (view: SqliteView, groupId: string, messageId: string) =>
  view.get<MessageRow>('SELECT * FROM message WHERE group_id = ? AND id = ?', groupId, messageId)

export const visibleMessage = (view: SqliteView, groupId: string, messageId: string, reader: Reader) =>
  view.getNamed<MessageRow>(`SELECT * FROM message WHERE group_id = :groupId AND id = :id AND ${VISIBLE}`, {
    ':groupId': groupId,
    ':id': messageId,
    ...visible(reader),
  })

/** When the person last posted there (Unix ms); 0: never. */
export const lastPostAt = (view: SqliteView, groupId: string, authorId: string): number =>
  view.get<{ at: number }>(
    'SELECT sent_at AS at FROM message WHERE group_id = ? AND author_id = ? ORDER BY key DESC LIMIT 1',
    groupId,
    authorId,
  )?.at ?? 0

export interface Line {
  readonly groupId: string
  /** Empty: the group's main line. */
  readonly threadId: string
}

export interface Piece {
  readonly rows: readonly MessageRow[]
  readonly more: boolean
}

/**
 * Messages of a line on one side of a place, nearest first in the answer's direction but always oldest first in the list. The
 * messages of one commit are never torn apart, so a piece can be a little longer than its limit.
 */
export function messagesFrom(
  view: SqliteView,
  { groupId, threadId }: Line,
  direction: 'older' | 'newer',
  /** Exclusive. */
  place: number,
  limit: number,
  reader: Reader,
): Piece {
  const [side, order] = direction === 'older' ? ['<', 'DESC'] : ['>', 'ASC']
  const values = {
    ':groupId': groupId,
    ':threadId': threadId,
    ':place': place,
    ':limit': limit + 1,
    ...visible(reader),
  }
  const rows = view.allNamed<MessageRow>(
    `SELECT * FROM message WHERE group_id = :groupId AND thread_id = :threadId AND seq ${side} :place AND ${VISIBLE}
     ORDER BY seq ${order}, idx ${order} LIMIT :limit`,
    values,
  )
  const edge = rows[limit - 1]?.seq
  if (rows.length <= limit || edge === undefined) return { rows: inOrder(rows), more: false }
  const torn = view.allNamed<MessageRow>(
    `SELECT * FROM message WHERE group_id = :groupId AND thread_id = :threadId AND seq = :place AND ${VISIBLE}`,
    { ':groupId': groupId, ':threadId': threadId, ':place': edge, ...visible(reader) },
  )
  const beyond = view.getNamed(
    `SELECT 1 FROM message WHERE group_id = :groupId AND thread_id = :threadId AND seq ${side} :place AND ${VISIBLE} LIMIT 1`,
    { ':groupId': groupId, ':threadId': threadId, ':place': edge, ...visible(reader) },
  )
  const nearer = rows.slice(0, limit).filter(({ seq }) => seq !== edge)
  return { rows: inOrder([...nearer, ...torn]), more: beyond !== undefined }
}

const inOrder = (rows: readonly MessageRow[]): MessageRow[] => rows.toSorted((a, b) => a.seq - b.seq || a.idx - b.idx)

/** Sequence of the first message of a group's main line at or after a time (Unix ms); undefined: there is none. */
export const placeAtTime = (view: SqliteView, groupId: string, at: number): number | undefined =>
  view.get<{ seq: number }>(
    "SELECT seq FROM message WHERE group_id = ? AND thread_id = '' AND sent_at >= ? ORDER BY sent_at, seq LIMIT 1",
    groupId,
    at,
  )?.seq

/** Newest pin first. */
export const pinnedMessages = (view: SqliteView, groupId: string, reader: Reader) =>
  view.allNamed<MessageRow>(
    `SELECT message.* FROM pin JOIN message ON message.group_id = pin.group_id AND message.id = pin.message_id
     WHERE pin.group_id = :groupId AND pinned = 1 AND message.deleted = 0 AND ${VISIBLE} ORDER BY pin.seq DESC, pin.idx DESC LIMIT 200`,
    { ':groupId': groupId, ...visible(reader) },
  )

export const pinCount = (view: SqliteView, groupId: string): number =>
  view.get<{ n: number }>('SELECT COUNT(*) AS n FROM pin WHERE group_id = ? AND pinned = 1', groupId)?.n ?? 0

/** What has been said about a message, as far as one question tells. */
interface About {
  readonly reacted: number
  readonly pinned: number | null
  readonly replies: number | null
  readonly last_at: number | null
}

const aboutOf = (view: SqliteView, groupId: string, messageId: string): About | undefined =>
  view.getNamed<About>(
    `SELECT EXISTS (SELECT 1 FROM reaction WHERE group_id = :groupId AND message_id = :id AND present = 1) AS reacted,
       (SELECT pinned FROM pin WHERE group_id = :groupId AND message_id = :id) AS pinned, replies, last_at
     FROM (SELECT 1) LEFT JOIN thread ON group_id = :groupId AND id = :id`,
    { ':groupId': groupId, ':id': messageId },
  )

export const isPinned = (view: SqliteView, groupId: string, messageId: string): boolean =>
  view.get<{ pinned: number }>('SELECT pinned FROM pin WHERE group_id = ? AND message_id = ?', groupId, messageId)
    ?.pinned === 1

/** Present reactions, in the order of reacting. */
export const reactionsOf = (view: SqliteView, groupId: string, messageId: string) =>
  view.all<{ emoji: string; user_id: string }>(
    'SELECT emoji, user_id FROM reaction WHERE group_id = ? AND message_id = ? AND present = 1 ORDER BY seq, idx',
    groupId,
    messageId,
  )

/** The message of the contract, with everything said about it. */
export function messageOf(view: SqliteView, row: MessageRow): Message {
  const { group_id: groupId, id } = row
  const event = fromBinary(MessagePostedSchema, row.body)
  const about = aboutOf(view, groupId, id)
  const byEmoji = Map.groupBy(about?.reacted ? reactionsOf(view, groupId, id) : [], ({ emoji }) => emoji)
  const replyCount = about?.replies ?? 0
  return create(MessageSchema, {
    id,
    groupId,
    authorId: row.author_id,
    text: event.text,
    replyTo: event.replyTo,
    sentAt: timestampFromMs(row.sent_at),
    seq: BigInt(row.seq),
    index: row.idx,
    threadId: row.thread_id,
    attachments: event.attachments,
    authorName: event.authorName,
    ...(event.mentions ? { mentions: event.mentions } : {}),
    ...(event.forwarded ? { forwarded: event.forwarded } : {}),
    ...(row.expires_at > 0 && row.deleted === 0 ? { expiresAt: timestampFromMs(row.expires_at) } : {}),
    ...(row.edited_at > 0 ? { editedAt: timestampFromMs(row.edited_at) } : {}),
    reactions: [...byEmoji].map(([emoji, users]) => ({ emoji, userIds: users.map(({ user_id }) => user_id) })),
    pinned: row.deleted === 0 && about?.pinned === 1,
    deleted: row.deleted === 1,
    replyCount,
    ...(replyCount > 0 ? { lastReplyAt: timestampFromMs(about?.last_at ?? 0) } : {}),
  })
}
