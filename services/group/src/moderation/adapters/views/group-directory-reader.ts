import type { Projection } from '@beseda/event-log'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { type GroupRow, groupRecord } from '../../../groups/adapters/views/group-rows.js'
import { GroupDirectoryReader, type ListedGroup } from '../../application/ports.js'

export class SqliteGroupDirectoryReader extends GroupDirectoryReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  count(): number {
    const sql = 'SELECT COUNT(*) AS n FROM grp WHERE deleted = 0 AND kind <> ?'
    return this.projection.view.get<{ n: number }>(sql, GroupKind.DIRECT)?.n ?? 0
  }

  /** To SQLite a limit of -1 is none. */
  before(number: number, limit: number | undefined): readonly ListedGroup[] {
    const rows = this.projection.view.all<GroupRow & { readonly number: number }>(
      'SELECT * FROM grp WHERE deleted = 0 AND kind <> ? AND number < ? ORDER BY number DESC LIMIT ?',
      GroupKind.DIRECT,
      number,
      limit ?? -1,
    )
    return rows.map((row) => ({ group: groupRecord(row), number: row.number }))
  }

  lastActivity(groupId: string): number {
    const sql = "SELECT sent_at AS at FROM message WHERE group_id = ? AND thread_id = '' ORDER BY sent_at DESC LIMIT 1"
    return this.projection.view.get<{ at: number }>(sql, groupId)?.at ?? 0
  }
}
