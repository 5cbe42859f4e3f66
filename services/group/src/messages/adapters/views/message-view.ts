import type { SqliteView } from '@beseda/event-log'
import {
  type MessageEdited,
  MessageEditedSchema,
  type MessagePosted,
  MessagePostedSchema,
} from '@beseda/proto/group/v1/events'
import { clone, fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Placed } from '../../../view/placed.js'
import { isPlace, placeOf } from '../../domain/message-place.js'
import { addEarlyReplies, addMentions } from './mention-view.js'
import { keyAt } from './message-keys.js'
import { dropFilesOf, dropMessage, findStored, forgetAbout, isGone } from './message-removal.js'
import { applyPollEnd, applyVote } from './poll-view.js'
import { applyPin, applyReaction, notePin } from './reaction-view.js'
import { index, markOf, markOfGroup, unindex } from './word-index.js'

/**
 * An event of the lane `messages`. An event can come again, and later than others of its message, when an erasure has moved it:
 * each is folded so that the newest place counts, whatever the order.
 */
export function applyMessageEvent(view: SqliteView, placed: Placed): void {
  const { groupId, event } = placed
  const { body } = event
  switch (body.case) {
    case 'messagePosted':
      post(view, placed, body.value)
      break
    case 'messageEdited':
      edit(view, placed, body.value)
      break
    case 'messageDeleted':
      dropMessage(view, groupId, body.value.messageId)
      break
    case 'reactionChanged':
      if (!isGone(view, groupId, body.value.messageId)) applyReaction(view, placed, body.value)
      break
    case 'pinChanged':
      notePin(view, placed)
      if (!isGone(view, groupId, body.value.messageId)) applyPin(view, placed, body.value)
      break
    case 'pollVoted':
      if (!isGone(view, groupId, body.value.messageId)) applyVote(view, placed, body.value)
      break
    case 'pollEnded':
      if (!isGone(view, groupId, body.value.messageId)) applyPollEnd(view, placed, body.value)
      break
    default:
  }
}

/** Notes that the log holds content of a message here: to be erased with the message, or at once when it is deleted already. */
function noteContent(
  view: SqliteView,
  { groupId, storedSeq }: Placed,
  { messageId, authorId }: { readonly messageId: string; readonly authorId: string },
  gone: boolean,
): void {
  if (gone) view.run('INSERT OR IGNORE INTO erasure_due VALUES (?, ?, ?)', groupId, storedSeq, authorId)
  else view.run('INSERT OR IGNORE INTO content_at VALUES (?, ?, ?)', groupId, messageId, storedSeq)
}

/** What the view has of a message before it is posted. For nearly every message that is nothing, which one query tells. */
interface Before {
  /** Null: not known; 1: known, and deleted. */
  readonly deleted: number | null
  readonly was_deleted: number
  readonly answered: number
  readonly edited: number
  /** 1: it has begun a thread, whose answers an erasure has left before it. */
  readonly heads: number
  /** 1: the author's account was deleted, and what they had said has been erased. */
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
    EXISTS (SELECT 1 FROM thread WHERE group_id = :groupId AND id = :id) AS heads,
    EXISTS (SELECT 1 FROM gone WHERE user_id = :authorId AND erased = 1) AS author_erased,
    (SELECT number FROM grp WHERE id = :groupId) AS number,
    (SELECT MAX(key) FROM message WHERE key >= :from AND key < :to) AS newest`

/** The second message with one id is not a message (ADR 3), but is erased from the log with the first. */
function post(view: SqliteView, placed: Placed, event: MessagePosted): void {
  const { groupId, at } = placed
  const { messageId, authorId } = event
  const before = beforePost(view, placed, event)
  const isKnown = before.deleted !== null
  const gone = isKnown ? before.deleted === 1 : isPlace(event) || before.was_deleted === 1
  if (!isPlace(event)) noteContent(view, placed, event, gone)
  if (isKnown) return
  // After the messages of the same millisecond.
  const key = before.newest === null ? keyAt(at) : before.newest + 1
  insert(view, placed, key, event, gone)
  if (before.heads) takePart(view, groupId, messageId, authorId)
  if (before.answered) addEarlyReplies(view, groupId, messageId, authorId)
  if (gone) {
    dropFilesOf(view, groupId, event)
    forgetAbout(view, groupId, messageId)
    return
  }
  useFiles(view, groupId, event)
  // Posted while the account was being deleted: what they had said is erased once more.
  if (before.author_erased) view.run('UPDATE gone SET erased = 0 WHERE user_id = ?', authorId)
  index(view, key, event, markOf(before.number))
  addMentions(view, placed, event)
  if (before.edited) applyEarlyEdit(view, groupId, messageId)
}

function beforePost(view: SqliteView, { groupId, at }: Placed, { messageId, authorId }: MessagePosted): Before {
  const span = { ':from': keyAt(at), ':to': keyAt(at + 1) }
  const values = { ':groupId': groupId, ':id': messageId, ':authorId': authorId, ...span }
  const before = view.getNamed<Before>(BEFORE, values)
  if (!before) throw new Error('a SELECT without FROM returned no row')
  return before
}

function insert(view: SqliteView, placed: Placed, key: number, event: MessagePosted, gone: boolean): void {
  const { groupId, seq, index: position, at } = placed
  const { messageId, authorId, threadId, alsoInThread } = event
  const expiresAt = event.expiresAt ? timestampMs(event.expiresAt) : 0
  const body = toBinary(MessagePostedSchema, gone ? placeOf(event) : event)
  view.run(
    `INSERT INTO message (key, group_id, seq, idx, id, author_id, thread_id, sent_at, expires_at, deleted, body, also_in) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[
      key,
      groupId,
      seq,
      position,
      messageId,
      authorId,
      threadId,
      at,
      expiresAt,
      Number(gone),
      body,
      alsoInThread || null,
    ],
  )
  const answered = threadId || alsoInThread
  if (answered === '') return
  view.run(
    `INSERT INTO thread VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET replies = replies + excluded.replies, last_at = MAX(last_at, excluded.last_at), last_seq = MAX(last_seq, excluded.last_seq)`,
    ...[groupId, answered, Number(!gone), at, seq],
  )
  const head = findStored(view, groupId, answered)
  for (const userId of head ? [authorId, head.author_id] : [authorId]) takePart(view, groupId, answered, userId)
}

/** Who began a thread or answered in it, also if that was deleted: the log keeps whose it was. */
const takePart = (view: SqliteView, groupId: string, threadId: string, userId: string): void =>
  void view.run('INSERT OR IGNORE INTO thread_part VALUES (?, ?, ?)', userId, groupId, threadId)

function useFiles(view: SqliteView, groupId: string, { messageId, attachments }: MessagePosted): void {
  for (const { fileId } of attachments) {
    view.run('INSERT OR IGNORE INTO file_use VALUES (?, ?, ?)', fileId, groupId, messageId)
  }
}

function edit(view: SqliteView, placed: Placed, event: MessageEdited): void {
  const { groupId, seq, at } = placed
  const { messageId } = event
  const gone = isGone(view, groupId, messageId)
  // Only the author edits.
  noteContent(view, placed, { messageId, authorId: placed.event.actorId }, gone)
  if (gone) return
  if (findStored(view, groupId, messageId)) {
    rewrite(view, groupId, event, seq, at)
    return
  }
  view.run(
    `INSERT INTO early_edit VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET seq = excluded.seq, at = excluded.at, event = excluded.event WHERE excluded.seq > early_edit.seq`,
    ...[groupId, messageId, seq, at, toBinary(MessageEditedSchema, event)],
  )
}

/** The edit that an erasure has moved before its message. */
function applyEarlyEdit(view: SqliteView, groupId: string, messageId: string): void {
  const early = view.get<{ seq: number; at: number; event: Uint8Array }>(
    'SELECT seq, at, event FROM early_edit WHERE group_id = ? AND id = ?',
    groupId,
    messageId,
  )
  if (!early) return
  rewrite(view, groupId, fromBinary(MessageEditedSchema, early.event), early.seq, early.at)
  view.run('DELETE FROM early_edit WHERE group_id = ? AND id = ?', groupId, messageId)
}

function rewrite(view: SqliteView, groupId: string, event: MessageEdited, seq: number, at: number): void {
  const known = findStored(view, groupId, event.messageId)
  if (!known || known.deleted || known.edited_seq >= seq) return
  const before = fromBinary(MessagePostedSchema, known.body)
  const after = clone(MessagePostedSchema, before)
  after.text = event.text
  if (event.mentions) after.mentions = event.mentions
  else delete after.mentions
  view.run(
    'UPDATE message SET body = ?, edited_at = ?, edited_seq = ? WHERE key = ?',
    ...[toBinary(MessagePostedSchema, after), at, seq, known.key],
  )
  const mark = markOfGroup(view, groupId)
  unindex(view, known.key, before, mark)
  index(view, known.key, after, mark)
  view.run('DELETE FROM mention WHERE group_id = ? AND message_id = ?', groupId, event.messageId)
  addMentions(view, { groupId, seq: known.seq, index: known.idx }, after)
}
