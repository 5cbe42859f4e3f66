import type { SqliteView } from '@beseda/event-log'
import type { Reader } from '../../../groups/domain/reader.js'
import type { MessagePlace } from '../../application/ports.js'

export interface PlaceRow {
  readonly id: string
  readonly group_id: string
  readonly seq: number
  readonly idx: number
  readonly author_id: string
  readonly thread_id: string
  /** Null: none. */
  readonly also_in: string | null
  readonly deleted: number
  /** Of the newest edit; 0: none. */
  readonly edited_seq: number
}

export interface MessageRow extends PlaceRow {
  readonly key: number
  readonly sent_at: number
  readonly expires_at: number
  readonly edited_at: number
  /** MessagePosted, as edited last. */
  readonly body: Uint8Array
}

const PLACE = 'id, group_id, seq, idx, author_id, thread_id, also_in, deleted, edited_seq'

/**
 * A reader may see a message that has not expired, is not deleted (a deleted head of a thread stays as a place), that they have
 * not hidden, and that is not older than what they may see.
 */
export const VISIBLE = `
  ((message.deleted = 0 AND (message.expires_at = 0 OR message.expires_at > :now))
    OR (message.deleted = 1 AND EXISTS (SELECT 1 FROM thread WHERE group_id = message.group_id AND id = message.id AND replies > 0)))
  AND message.seq > :hiddenBefore
  AND NOT EXISTS (SELECT 1 FROM hidden WHERE user_id = :userId AND group_id = message.group_id AND message_id = message.id)`

/** Values for {@link VISIBLE}. */
export const visibleTo = ({ userId, hiddenBefore, now }: Reader) => ({
  ':userId': userId,
  ':hiddenBefore': hiddenBefore,
  ':now': now,
})

/** The rows of a line: those of a thread, with those that answer it from the main line. Either part is in the order of its index. */
export const inLine = (threadId: string, and: string): string => {
  const own = `SELECT * FROM message WHERE group_id = :groupId AND thread_id = :threadId AND ${and}`
  return threadId === ''
    ? own
    : `SELECT * FROM (${own} UNION ALL SELECT * FROM message INDEXED BY message_also WHERE group_id = :groupId AND also_in = :threadId AND ${and})`
}

export const findMessage = (view: SqliteView, groupId: string, messageId: string) =>
  view.get<MessageRow>('SELECT * FROM message WHERE group_id = ? AND id = ?', groupId, messageId)

export const findVisible = (view: SqliteView, groupId: string, messageId: string, reader: Reader) =>
  view.getNamed<MessageRow>(`SELECT * FROM message WHERE group_id = :groupId AND id = :id AND ${VISIBLE}`, {
    ':groupId': groupId,
    ':id': messageId,
    ...visibleTo(reader),
  })

export const findPlace = (view: SqliteView, groupId: string, messageId: string) =>
  view.get<PlaceRow>(`SELECT ${PLACE} FROM message WHERE group_id = ? AND id = ?`, groupId, messageId)

export const findVisiblePlace = (view: SqliteView, groupId: string, messageId: string, reader: Reader) =>
  view.getNamed<PlaceRow>(`SELECT ${PLACE} FROM message WHERE group_id = :groupId AND id = :id AND ${VISIBLE}`, {
    ':groupId': groupId,
    ':id': messageId,
    ...visibleTo(reader),
  })

export const messagePlace = (row: PlaceRow): MessagePlace => ({
  id: row.id,
  groupId: row.group_id,
  seq: row.seq,
  index: row.idx,
  authorId: row.author_id,
  threadId: row.thread_id,
  alsoInThread: row.also_in ?? '',
  deleted: row.deleted === 1,
  editedSeq: row.edited_seq,
})

/** Reactions that stand, in the order in which they came. */
export const findReactions = (view: SqliteView, groupId: string, messageId: string) =>
  view.all<{ emoji: string; userId: string }>(
    'SELECT emoji, user_id AS userId FROM reaction WHERE group_id = ? AND message_id = ? AND present = 1 ORDER BY seq, idx',
    groupId,
    messageId,
  )
