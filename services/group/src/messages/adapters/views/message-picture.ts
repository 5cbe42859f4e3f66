import type { SqliteView } from '@beseda/event-log'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { type Message, MessageSchema } from '@beseda/proto/group/v1/group_service'
import { create, fromBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { findReactions, type MessageRow } from './message-rows.js'

/** What has been said about a message, as far as one query tells. */
interface About {
  readonly reacted: number
  readonly pinned: number | null
  readonly replies: number | null
  readonly last_at: number | null
}

const ABOUT = `
  SELECT EXISTS (SELECT 1 FROM reaction WHERE group_id = :groupId AND message_id = :id AND present = 1) AS reacted,
    (SELECT pinned FROM pin WHERE group_id = :groupId AND message_id = :id) AS pinned, replies, last_at
  FROM (SELECT 1) LEFT JOIN thread ON group_id = :groupId AND id = :id`

/** The message of the contract, with everything said about it. */
export function messageOf(view: SqliteView, row: MessageRow): Message {
  const { group_id: groupId, id } = row
  const event = fromBinary(MessagePostedSchema, row.body)
  const about = view.getNamed<About>(ABOUT, { ':groupId': groupId, ':id': id })
  const byEmoji = Map.groupBy(about?.reacted ? findReactions(view, groupId, id) : [], ({ emoji }) => emoji)
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
    alsoInThread: row.also_in ?? '',
    attachments: event.attachments,
    authorName: event.authorName,
    ...(event.mentions ? { mentions: event.mentions } : {}),
    ...(event.poll ? { poll: event.poll } : {}),
    ...(event.forwarded ? { forwarded: event.forwarded } : {}),
    ...(row.expires_at > 0 && row.deleted === 0 ? { expiresAt: timestampFromMs(row.expires_at) } : {}),
    ...(row.edited_at > 0 ? { editedAt: timestampFromMs(row.edited_at) } : {}),
    reactions: [...byEmoji].map(([emoji, reactions]) => ({ emoji, userIds: reactions.map(({ userId }) => userId) })),
    pinned: row.deleted === 0 && about?.pinned === 1,
    deleted: row.deleted === 1,
    replyCount,
    ...(replyCount > 0 ? { lastReplyAt: timestampFromMs(about?.last_at ?? 0) } : {}),
  })
}
