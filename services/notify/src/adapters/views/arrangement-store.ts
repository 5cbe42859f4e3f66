import type { Projection } from '@beseda/event-log'
import { ListArrangedSchema } from '@beseda/proto/notify/v1/events'
import { fromBinary } from '@bufbuild/protobuf'
import type { ArrangementStore, Loaded } from '../../application/ports.js'
import { type Arrangement, arrangementOf, NOT_ARRANGED } from '../../domain/list/arrangement.js'

/** Arrangements of people's lists in the view. */
export class SqliteArrangementStore implements ArrangementStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  load(userId: string): Loaded<Arrangement> {
    const sql = 'SELECT event, seq FROM arrangement WHERE user_id = ?'
    const row = this.projection.view.get<{ event: Uint8Array; seq: number }>(sql, userId)
    if (!row) return { state: NOT_ARRANGED, lastSeq: 0 }
    return { state: arrangementOf(fromBinary(ListArrangedSchema, row.event)), lastSeq: row.seq }
  }
}
