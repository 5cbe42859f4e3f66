import type { Projection } from '@beseda/event-log'
import { type MessagePosted, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { fromBinary } from '@bufbuild/protobuf'
import type { Reader } from '../../../groups/domain/reader.js'
import { type MessagePlace, MessageStore } from '../../application/ports.js'
import { findPlace, findReactions, findVisiblePlace, messagePlace } from './message-rows.js'

export class SqliteMessageStore extends MessageStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  place(groupId: string, messageId: string): MessagePlace | undefined {
    const row = findPlace(this.#view, groupId, messageId)
    return row && messagePlace(row)
  }

  visible(groupId: string, messageId: string, reader: Reader): MessagePlace | undefined {
    const row = findVisiblePlace(this.#view, groupId, messageId, reader)
    return row && messagePlace(row)
  }

  content(groupId: string, messageId: string): MessagePosted | undefined {
    const sql = 'SELECT body FROM message WHERE group_id = ? AND id = ?'
    const row = this.#view.get<{ body: Uint8Array }>(sql, groupId, messageId)
    return row && fromBinary(MessagePostedSchema, row.body)
  }

  lastPost(groupId: string, authorId: string): { readonly at: number; readonly seq: number } {
    const sql = 'SELECT sent_at AS at, seq FROM message WHERE group_id = ? AND author_id = ? ORDER BY key DESC LIMIT 1'
    return this.#view.get(sql, groupId, authorId) ?? { at: 0, seq: 0 }
  }

  reactions(groupId: string, messageId: string) {
    return findReactions(this.#view, groupId, messageId)
  }

  reactionsSeq(groupId: string, messageId: string): number {
    const sql = 'SELECT MAX(seq) AS seq FROM reaction WHERE group_id = ? AND message_id = ?'
    return this.#view.get<{ seq: number | null }>(sql, groupId, messageId)?.seq ?? 0
  }

  isPinned(groupId: string, messageId: string): boolean {
    const sql = 'SELECT pinned FROM pin WHERE group_id = ? AND message_id = ?'
    return this.#view.get<{ pinned: number }>(sql, groupId, messageId)?.pinned === 1
  }

  pinCount(groupId: string): number {
    const sql = 'SELECT COUNT(*) AS n FROM pin WHERE group_id = ? AND pinned = 1'
    return this.#view.get<{ n: number }>(sql, groupId)?.n ?? 0
  }

  pinsSeq(groupId: string): number {
    return this.#view.get<{ seq: number }>('SELECT pins_seq AS seq FROM grp WHERE id = ?', groupId)?.seq ?? 0
  }

  rosterSeq(groupId: string): number {
    return this.#view.get<{ seq: number }>('SELECT roster_seq AS seq FROM grp WHERE id = ?', groupId)?.seq ?? 0
  }

  get #view() {
    return this.projection.view
  }
}
