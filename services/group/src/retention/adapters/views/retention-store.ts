import type { Projection } from '@beseda/event-log'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { keyAt } from '../../../messages/adapters/views/message-keys.js'
import { type HoldRecord, OldMessages, type Outlived, RetentionStore } from '../../application/ports.js'
import { FOR_EVER, heldKey, type Retention, type RuledKind } from '../../domain/retention.js'
import { isHeld } from './retention-view.js'

export class SqliteRetentionStore extends RetentionStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  load(): { readonly state: Retention; readonly lastSeq: number } {
    const row = this.projection.view.get<{ seq: number; direct: number; grp: number; channel: number }>(
      'SELECT seq, direct, grp, channel FROM retention',
    )
    const holds = new Map(this.holds().map(({ kind, id, reason }) => [heldKey({ kind, id }), { kind, id, reason }]))
    if (!row) return { state: { rule: FOR_EVER, holds }, lastSeq: 0 }
    const { seq, direct, grp, channel } = row
    const rule = { [GroupKind.DIRECT]: direct, [GroupKind.GROUP]: grp, [GroupKind.CHANNEL]: channel }
    return { state: { rule, holds }, lastSeq: seq }
  }

  holds(): readonly HoldRecord[] {
    return this.projection.view.all<HoldRecord>(
      'SELECT kind, id, reason, placed_by AS placedBy, placed_at AS placedAt FROM hold ORDER BY placed_at, kind, id',
    )
  }
}

interface Row extends Outlived {
  readonly key: number
  readonly due: number
}

export class SqliteOldMessages extends OldMessages {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  after(key: number, before: number, kind: RuledKind, limit: number) {
    const rows = this.projection.view.all<Row>(
      `SELECT message.key, group_id AS groupId, message.id AS messageId,
         message.deleted = 0 AND grp.kind = ? AND NOT ${isHeld('group_id', 'author_id')} AS due
       FROM message JOIN grp ON grp.id = group_id WHERE message.key > ? AND message.key < ? ORDER BY message.key LIMIT ?`,
      ...[kind, key, keyAt(before), limit],
    )
    const messages = rows.filter(({ due }) => due === 1).map(({ groupId, messageId }) => ({ groupId, messageId }))
    return { messages, next: rows.at(-1)?.key }
  }
}
