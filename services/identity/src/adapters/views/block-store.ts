import type { Projection } from '@beseda/event-log'
import type { BlockStore, BotOfBlocked } from '../../application/blocks/blocks.js'

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

  botsOfBlocked(limit: number): readonly BotOfBlocked[] {
    // From the blocks to the bots: there are few of both, and the index is one of owners.
    return this.projection.view.all<BotOfBlocked>(
      `SELECT block.user_id AS userId, account.user_id AS botId FROM block CROSS JOIN account ON account.owner_id = block.other_id
       WHERE block.blocked = 1 AND account.owner_id <> '' AND account.user_id <> block.user_id
         AND NOT EXISTS (SELECT 1 FROM block AS own WHERE own.user_id = block.user_id AND own.other_id = account.user_id) LIMIT ?`,
      limit,
    )
  }

  lastChange(userId: string): number {
    const sql = 'SELECT MAX(seq) AS seq FROM block WHERE user_id = ?'
    return this.projection.view.get<{ seq: number | null }>(sql, userId)?.seq ?? 0
  }
}
