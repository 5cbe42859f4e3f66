import type { Projection } from '@beseda/event-log'
import { RevisionReader } from '../../application/ports.js'

export class SqliteRevisionReader extends RevisionReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  storedSeqs(groupId: string, messageId: string): readonly number[] {
    const sql = 'SELECT stored_seq AS seq FROM content_at WHERE group_id = ? AND message_id = ?'
    return this.projection.view.all<{ seq: number }>(sql, groupId, messageId).map(({ seq }) => seq)
  }
}
