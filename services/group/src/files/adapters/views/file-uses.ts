import type { Projection } from '@beseda/event-log'
import { isHeld } from '../../../retention/adapters/views/retention-view.js'
import { type FileUse, FileUses } from '../../application/ports.js'

/** Files by the message that uses them, and files that a message or group has let go of: of whom, and in which group. */
export const FILES_SCHEMA = `
  CREATE TABLE file_use (file_id TEXT NOT NULL, group_id TEXT NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (file_id, group_id, message_id)) WITHOUT ROWID;
  CREATE INDEX file_use_message ON file_use (group_id, message_id);
  CREATE TABLE file_due (file_id TEXT NOT NULL, group_id TEXT NOT NULL, author_id TEXT NOT NULL, PRIMARY KEY (file_id, group_id, author_id)) WITHOUT ROWID;
`

export class SqliteFileUses extends FileUses {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  inGroupsOf(fileId: string, userId: string): readonly FileUse[] {
    return this.#view.all<FileUse>(
      'SELECT group_id AS groupId, message_id AS messageId FROM file_use JOIN member USING (group_id) WHERE file_id = ? AND user_id = ?',
      fileId,
      userId,
    )
  }

  isUsed(fileId: string): boolean {
    return (
      this.#view.get('SELECT 1 FROM file_use WHERE file_id = ? LIMIT 1', fileId) !== undefined ||
      this.#view.get('SELECT 1 FROM grp WHERE avatar_file_id = ? LIMIT 1', fileId) !== undefined
    )
  }

  due(limit: number): readonly string[] {
    const rows = this.#view.all<{ id: string }>(
      `SELECT DISTINCT file_id AS id FROM file_due AS due WHERE NOT EXISTS (SELECT 1 FROM file_use WHERE file_id = due.file_id)
         AND NOT EXISTS (SELECT 1 FROM file_due AS held WHERE file_id = due.file_id AND ${isHeld('held.group_id', 'held.author_id')}) LIMIT ?`,
      limit,
    )
    return rows.map(({ id }) => id)
  }

  isKept(fileId: string): boolean {
    const sql = `SELECT 1 FROM file_due WHERE file_id = ? AND ${isHeld('group_id', 'author_id')} LIMIT 1`
    return this.isUsed(fileId) || this.#view.get(sql, fileId) !== undefined
  }

  settle(fileId: string): void {
    this.#view.run('DELETE FROM file_due WHERE file_id = ?', fileId)
  }

  get #view() {
    return this.projection.view
  }
}
