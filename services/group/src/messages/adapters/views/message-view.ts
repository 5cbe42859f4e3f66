import type { SqliteView } from '@beseda/event-log'
import {
  type MessageEdited,
  MessageEditedSchema,
  type MessagePosted,
  MessagePostedSchema,
} from '@beseda/proto/group/v1/events'
import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { forgetReportsOfMessage } from '../../../moderation/adapters/views/report-view.js'
import type { Placed } from '../../../view/history-view.js'
import { answered, mention } from './mention-view.js'
import { index, marker, markOf, unindex } from './word-index.js'

/** Running numbers of one millisecond in a message's key. A commit holds at most 100 messages. */
const KEYS_PER_MS = 2048

export const keyAt = (ms: number): number => ms * KEYS_PER_MS

interface Known {
  readonly key: number
  readonly seq: number
  readonly idx: number
  readonly author_id: string
  readonly thread_id: string
  readonly deleted: number
  readonly edited_seq: number
  readonly body: Uint8Array
}

const find = (view: SqliteView, groupId: string, messageId: string): Known | undefined =>
  view.get<Known>(
    'SELECT key, seq, idx, author_id, thread_id, deleted, edited_seq, body FROM message WHERE group_id = ? AND id = ?',
    groupId,
    messageId,
  )

/**
 * Messages and everything about them. An event can come again, and later than others of its message, when an erasure has
 * moved it: each is folded so that the newest place counts, whatever the order.
 */
export function applyMessageEvent(view: SqliteView, placed: Placed): void {
  const { groupId, seq, idx, event } = placed
  const { body, actorId } = event
  if (body.case === 'messagePosted') posted(view, placed, body.value)
  if (body.case === 'messageEdited') edited(view, placed, body.value)
  if (body.case === 'messageDeleted') dropMessage(view, groupId, body.value.messageId)
  if (body.case === 'reactionChanged' && !isGone(view, groupId, body.value.messageId)) {
    const { messageId, emoji, present } = body.value
    view.run(
      `INSERT INTO reaction VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET seq = excluded.seq, idx = excluded.idx, present = excluded.present WHERE (excluded.seq, excluded.idx) > (reaction.seq, reaction.idx)`,
      groupId,
      messageId,
      emoji,
      actorId,
      seq,
      idx,
      Number(present),
    )
  }
  if (body.case === 'pinChanged' && !isGone(view, groupId, body.value.messageId)) {
    const { messageId, pinned } = body.value
    view.run(
      `INSERT INTO pin VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET seq = excluded.seq, idx = excluded.idx, pinned = excluded.pinned WHERE (excluded.seq, excluded.idx) > (pin.seq, pin.idx)`,
      groupId,
      messageId,
      seq,
      idx,
      Number(pinned),
    )
  }
}

/** What an erasure leaves of a message: that it was, where, and whose. Every other message has a text or a file. */
export const placeOf = ({ messageId, authorId, threadId }: MessagePosted): MessagePosted =>
  create(MessagePostedSchema, { messageId, authorId, threadId })

const isPlace = ({ text, attachments }: MessagePosted): boolean => text === '' && attachments.length === 0

/** Deleted before anything else was known of it: its content had left the log. */
export const wasDeleted = (view: SqliteView, groupId: string, messageId: string): boolean =>
  view.get('SELECT 1 FROM deletion WHERE group_id = ? AND message_id = ?', groupId, messageId) !== undefined

/** Whatever is said about it now is said in vain. */
const isGone = (view: SqliteView, groupId: string, messageId: string): boolean =>
  (find(view, groupId, messageId)?.deleted ?? Number(wasDeleted(view, groupId, messageId))) === 1

/** Here in the log stands content of a message: to be erased when that is deleted, or at once when it is. */
function contentAt(view: SqliteView, groupId: string, messageId: string, storedSeq: number, gone: boolean): void {
  if (gone) view.run('INSERT OR IGNORE INTO erasure_due VALUES (?, ?)', groupId, storedSeq)
  else view.run('INSERT OR IGNORE INTO content_at VALUES (?, ?, ?)', groupId, messageId, storedSeq)
}

/** What there is of a message when it is posted. Of nearly all there is nothing: one question tells. */
interface Before {
  /** Null: not known; 1: known, and deleted. */
  readonly deleted: number | null
  readonly was_deleted: number
  readonly answered: number
  readonly edited: number
  /** 1: its author's account went, and what they had said has been erased. */
  readonly author_erased: number
  /** The group's number in the index of words; null: the group is not known. */
  readonly number: number | null
  /** Newest key of the same millisecond; null: none. */
  readonly newest: number | null
}

const BEFORE = `
  SELECT (SELECT deleted FROM message WHERE group_id = :groupId AND id = :id) AS deleted,
    EXISTS (SELECT 1 FROM deletion WHERE group_id = :groupId AND message_id = :id) AS was_deleted,
    EXISTS (SELECT 1 FROM early_answer WHERE group_id = :groupId AND reply_to = :id) AS answered,
    EXISTS (SELECT 1 FROM early_edit WHERE group_id = :groupId AND id = :id) AS edited,
    EXISTS (SELECT 1 FROM gone WHERE user_id = :authorId AND erased = 1) AS author_erased,
    (SELECT number FROM grp WHERE id = :groupId) AS number,
    (SELECT MAX(key) FROM message WHERE key >= :from AND key < :to) AS newest`

/** The second message with one id is not a message (ADR 3), but goes from the log with the first. */
function posted(view: SqliteView, placed: Placed, event: MessagePosted): void {
  const { groupId, seq, idx, at, storedSeq } = placed
  const { messageId, authorId, threadId } = event
  const span = { ':from': keyAt(at), ':to': keyAt(at + 1) }
  const before = view.getNamed<Before>(BEFORE, {
    ':groupId': groupId,
    ':id': messageId,
    ':authorId': authorId,
    ...span,
  })
  if (!before) throw new Error('a question without an answer')
  const isKnown = before.deleted !== null
  const gone = isKnown ? before.deleted === 1 : isPlace(event) || before.was_deleted === 1
  if (!isPlace(event)) contentAt(view, groupId, messageId, storedSeq, gone)
  if (isKnown) return
  // Its place in the order of time, after those of the same millisecond.
  const key = before.newest === null ? keyAt(at) : before.newest + 1
  view.run(
    `INSERT INTO message (key, group_id, seq, idx, id, author_id, thread_id, sent_at, expires_at, deleted, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    key,
    groupId,
    seq,
    idx,
    messageId,
    authorId,
    threadId,
    at,
    event.expiresAt ? timestampMs(event.expiresAt) : 0,
    Number(gone),
    toBinary(MessagePostedSchema, gone ? placeOf(event) : event),
  )
  if (threadId !== '') {
    view.run(
      `INSERT INTO thread VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET replies = replies + excluded.replies, last_at = MAX(last_at, excluded.last_at)`,
      groupId,
      threadId,
      Number(!gone),
      at,
    )
  }
  if (before.answered) answered(view, groupId, messageId, authorId)
  if (gone) {
    forgetAbout(view, groupId, messageId)
    return
  }
  for (const { fileId } of event.attachments) {
    view.run('INSERT OR IGNORE INTO file_use VALUES (?, ?, ?)', fileId, groupId, messageId)
    view.run('DELETE FROM file_due WHERE file_id = ?', fileId)
  }
  // Said in the moment in which the account went: what they had said is erased once more.
  if (before.author_erased) view.run('UPDATE gone SET erased = 0 WHERE user_id = ?', authorId)
  index(view, key, event, markOf(before.number))
  mention(view, groupId, seq, idx, event)
  if (before.edited) editedEarly(view, groupId, messageId)
}

/** The edit that an erasure had moved before the message. */
function editedEarly(view: SqliteView, groupId: string, messageId: string): void {
  const early = view.get<{ seq: number; at: number; event: Uint8Array }>(
    'SELECT seq, at, event FROM early_edit WHERE group_id = ? AND id = ?',
    groupId,
    messageId,
  )
  if (!early) return
  rewrite(view, groupId, messageId, fromBinary(MessageEditedSchema, early.event), early.seq, early.at)
  view.run('DELETE FROM early_edit WHERE group_id = ? AND id = ?', groupId, messageId)
}

function edited(view: SqliteView, { groupId, seq, at, storedSeq }: Placed, event: MessageEdited): void {
  const { messageId } = event
  const known = find(view, groupId, messageId)
  const gone = isGone(view, groupId, messageId)
  contentAt(view, groupId, messageId, storedSeq, gone)
  if (gone) return
  if (known) {
    rewrite(view, groupId, messageId, event, seq, at)
    return
  }
  view.run(
    `INSERT INTO early_edit VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET seq = excluded.seq, at = excluded.at, event = excluded.event WHERE excluded.seq > early_edit.seq`,
    groupId,
    messageId,
    seq,
    at,
    toBinary(MessageEditedSchema, event),
  )
}

function rewrite(
  view: SqliteView,
  groupId: string,
  messageId: string,
  event: MessageEdited,
  seq: number,
  at: number,
): void {
  const known = find(view, groupId, messageId)
  if (!known || known.deleted || known.edited_seq >= seq) return
  const before = fromBinary(MessagePostedSchema, known.body)
  const after = clone(MessagePostedSchema, before)
  after.text = event.text
  if (event.mentions) after.mentions = event.mentions
  else delete after.mentions
  view.run(
    'UPDATE message SET body = ?, edited_at = ?, edited_seq = ? WHERE key = ?',
    toBinary(MessagePostedSchema, after),
    at,
    seq,
    known.key,
  )
  unindex(view, known.key, before, marker(view, groupId))
  index(view, known.key, after, marker(view, groupId))
  view.run('DELETE FROM mention WHERE group_id = ? AND message_id = ?', groupId, messageId)
  mention(view, groupId, known.seq, known.idx, after)
}

/**
 * The message's content leaves the view; what is left is its place and that it was. Wherever the log holds the content, it
 * is due to be erased.
 */
export function dropMessage(view: SqliteView, groupId: string, messageId: string): void {
  const known = find(view, groupId, messageId)
  if (known?.deleted) return
  if (known) emptied(view, groupId, known)
  else view.run('INSERT OR IGNORE INTO deletion VALUES (?, ?)', groupId, messageId)
  view.run(
    'INSERT OR IGNORE INTO erasure_due SELECT group_id, stored_seq FROM content_at WHERE group_id = ? AND message_id = ?',
    groupId,
    messageId,
  )
  view.run(
    `INSERT OR IGNORE INTO file_due SELECT file_id FROM file_use AS mine WHERE group_id = ? AND message_id = ? AND NOT EXISTS
       (SELECT 1 FROM file_use WHERE file_id = mine.file_id AND (group_id, message_id) <> (mine.group_id, mine.message_id))`,
    groupId,
    messageId,
  )
  forgetAbout(view, groupId, messageId)
}

function forgetAbout(view: SqliteView, groupId: string, messageId: string): void {
  for (const table of ['content_at', 'file_use', 'mention', 'early_answer', 'reaction', 'pin']) {
    view.run(`DELETE FROM ${table} WHERE group_id = ? AND message_id = ?`, groupId, messageId)
  }
  view.run('DELETE FROM early_edit WHERE group_id = ? AND id = ?', groupId, messageId)
  forgetReportsOfMessage(view, groupId, messageId)
}

function emptied(view: SqliteView, groupId: string, { key, body }: Known): void {
  const content = fromBinary(MessagePostedSchema, body)
  const { threadId } = content
  const place = toBinary(MessagePostedSchema, placeOf(content))
  view.run('UPDATE message SET deleted = 1, edited_at = 0, body = ? WHERE key = ?', place, key)
  unindex(view, key, content, marker(view, groupId))
  if (threadId !== '')
    view.run('UPDATE thread SET replies = replies - 1 WHERE group_id = ? AND id = ?', groupId, threadId)
}
