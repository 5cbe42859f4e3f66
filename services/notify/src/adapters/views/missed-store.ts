import type { Projection } from '@beseda/event-log'
import { MissedStore, type Waiting } from '../../application/mail-ports.js'
import type { Loaded } from '../../application/ports.js'
import { type MissedState, nothingMissed } from '../../domain/mail/missed.js'

interface MissedRow {
  readonly user_id: string
  readonly since: number
  readonly due_at: number
  readonly digest: number
  readonly seq: number
  readonly letters: number
}

/** Who has missed something, in the view. A row without a time is of somebody for whom it is settled. */
export class SqliteMissedStore extends MissedStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  load(userId: string): Loaded<MissedState> {
    const row = this.projection.view.get<MissedRow>('SELECT * FROM missed WHERE user_id = ?', userId)
    if (!row) return { state: nothingMissed, lastSeq: 0 }
    const { since, dueAt, digest } = waitingOf(row)
    const waiting = dueAt === 0 ? undefined : { since, dueAt, digest }
    return { state: { waiting, letters: row.letters }, lastSeq: row.seq }
  }

  page(afterUserId: string, limit: number): readonly Waiting[] {
    const sql = 'SELECT * FROM missed WHERE due_at > 0 AND user_id > ? ORDER BY user_id LIMIT ?'
    return this.projection.view.all<MissedRow>(sql, afterUserId, limit).map(waitingOf)
  }
}

const waitingOf = ({ user_id, since, due_at, digest, seq }: MissedRow): Waiting => ({
  ...{ userId: user_id, since, dueAt: due_at, digest: digest === 1, seq },
})
