import type { Projection } from '@beseda/event-log'
import { dropMessage, wasDeleted } from '../../../messages/adapters/views/message-removal.js'
import { findPlace } from '../../../messages/adapters/views/message-rows.js'
import { isHeld } from '../../../retention/adapters/views/retention-view.js'
import { ErasureStore, type Standing } from '../../application/ports.js'

/**
 * Where the log holds content of messages (`content_at`), and which of these commits are due to be erased, because of whose messages. What a legal
 * hold keeps stays due, and waits for its end.
 */
export const ERASURE_SCHEMA = `
  CREATE TABLE content_at (group_id TEXT NOT NULL, message_id TEXT NOT NULL, stored_seq INTEGER NOT NULL, PRIMARY KEY (group_id, message_id, stored_seq)) WITHOUT ROWID;
  CREATE TABLE erasure_due (group_id TEXT NOT NULL, stored_seq INTEGER NOT NULL, author_id TEXT NOT NULL, PRIMARY KEY (group_id, stored_seq, author_id)) WITHOUT ROWID;
`

const HELD = isHeld('erasure_due.group_id', 'author_id')

export class SqliteErasureStore extends ErasureStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  /** All or nothing: half a removal would leave content in the log that nothing remembers. */
  expire(now: number, limit: number): void {
    const expired = this.#view.all<{ group_id: string; id: string }>(
      'SELECT group_id, id FROM message WHERE expires_at > 0 AND expires_at <= ? AND deleted = 0 LIMIT ?',
      now,
      limit,
    )
    this.#view.atomically(() => {
      for (const { group_id, id } of expired) dropMessage(this.#view, group_id, id)
    })
  }

  peopleToErase(): readonly string[] {
    return this.#ids('SELECT user_id AS id FROM gone WHERE erased = 0')
  }

  personErased(userId: string): void {
    this.#view.run('UPDATE gone SET erased = 1 WHERE user_id = ?', userId)
  }

  groupsWithMessagesOf(userId: string): readonly string[] {
    return this.#ids('SELECT DISTINCT group_id AS id FROM message WHERE author_id = ? AND deleted = 0', userId)
  }

  messagesOf(userId: string, groupId: string, limit: number): readonly string[] {
    const sql = 'SELECT id FROM message WHERE author_id = ? AND group_id = ? AND deleted = 0 LIMIT ?'
    return this.#ids(sql, userId, groupId, limit)
  }

  abandonedGroups(limit: number): readonly string[] {
    return this.#ids('SELECT group_id AS id FROM close_due LIMIT ?', limit)
  }

  groupsToErase(limit: number): readonly string[] {
    return this.#ids(`SELECT DISTINCT group_id AS id FROM erasure_due WHERE NOT ${HELD} LIMIT ?`, limit)
  }

  commitsToErase(groupId: string, limit: number): readonly number[] {
    const sql = `SELECT DISTINCT stored_seq AS seq FROM erasure_due WHERE group_id = ? AND NOT ${HELD} ORDER BY stored_seq LIMIT ?`
    return this.#view.all<{ seq: number }>(sql, groupId, limit).map(({ seq }) => seq)
  }

  commitErased(groupId: string, seq: number): void {
    this.#view.run('DELETE FROM erasure_due WHERE group_id = ? AND stored_seq = ?', groupId, seq)
  }

  standing(groupId: string, messageId: string, authorId: string): Standing {
    const held = this.#view.get<{ held: number }>(`SELECT ${isHeld('?', '?')} AS held`, groupId, authorId)
    if (held?.held === 1) return { known: true, deleted: false }
    const place = findPlace(this.#view, groupId, messageId)
    if (place) return { known: true, deleted: place.deleted === 1 }
    return { known: false, deleted: wasDeleted(this.#view, groupId, messageId) }
  }

  groupsToPurge(limit: number): readonly { readonly groupId: string; readonly uptoSeq: number }[] {
    return this.#view.all(
      `SELECT group_id AS groupId, upto_seq AS uptoSeq FROM purge_due AS due WHERE NOT EXISTS (SELECT 1 FROM hold WHERE kind = 'group' AND id = due.group_id)
         AND NOT EXISTS (SELECT 1 FROM purge_author JOIN hold ON kind = 'person' AND id = author_id WHERE group_id = due.group_id) LIMIT ?`,
      limit,
    )
  }

  groupPurged(groupId: string): void {
    for (const table of ['purge_due', 'purge_author'])
      this.#view.run(`DELETE FROM ${table} WHERE group_id = ?`, groupId)
  }

  #ids(sql: string, ...values: (string | number)[]): string[] {
    return this.#view.all<{ id: string }>(sql, ...values).map(({ id }) => id)
  }

  get #view() {
    return this.projection.view
  }
}
