import type { Projection } from '@beseda/event-log'
import type { BlockStore } from '../../application/blocks/blocks.js'

export class SqliteBlockStore implements BlockStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  load(userId: string, otherId: string): { readonly state: boolean; readonly lastSeq: number } {
    const row = this.projection.view.get<{ seq: number; blocked: number }>(
      'SELECT seq, blocked FROM block WHERE user_id = ? AND other_id = ?',
      userId,
      otherId,
    )
    return { state: row?.blocked === 1, lastSeq: row?.seq ?? 0 }
  }

  blockedBy(userId: string): readonly string[] {
    const sql = 'SELECT other_id AS id FROM block WHERE user_id = ? AND blocked = 1 ORDER BY other_id'
    return this.projection.view.all<{ id: string }>(sql, userId).map(({ id }) => id)
  }

  lastChange(userId: string): number {
    const sql = 'SELECT MAX(seq) AS seq FROM block WHERE user_id = ?'
    return this.projection.view.get<{ seq: number | null }>(sql, userId)?.seq ?? 0
  }
}
