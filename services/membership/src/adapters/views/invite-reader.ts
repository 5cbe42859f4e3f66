import type { Projection } from '@beseda/event-log'
import { InviteReader, type InviteRecord } from '../../application/ports.js'
import { type InviteRow, inviteOf } from './rows.js'

export class SqliteInviteReader extends InviteReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  byCodeHash(codeHash: Uint8Array): InviteRecord | undefined {
    const row = this.projection.view.get<InviteRow>('SELECT * FROM invite WHERE code_hash = ?', codeHash)
    return row && recordOf(row)
  }

  list(groupId: string): readonly InviteRecord[] {
    const sql = 'SELECT * FROM invite WHERE group_id = ? AND revoked = 0 ORDER BY created_at DESC, id'
    return this.projection.view.all<InviteRow>(sql, groupId).map(recordOf)
  }
}

const recordOf = (row: InviteRow): InviteRecord => ({ groupId: row.group_id, ...inviteOf(row) })
