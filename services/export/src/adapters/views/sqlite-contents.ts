import type { Projection } from '@beseda/event-log'
import type { Contents, MovedEvent } from '../../application/ports.js'
import type { Place } from '../../domain/placed.js'

/** Messages of one page of a group that has ended. */
const PAGE = 1_000

export class SqliteContents implements Contents {
  constructor(private readonly projection: Projection) {}

  waitFor(stream: string, seq: number, signal: AbortSignal): Promise<void> {
    return this.projection.waitFor(stream, seq, signal)
  }

  endedAt(groupId: string): number | undefined {
    return this.projection.view.get<{ seq: number }>('SELECT seq FROM ended WHERE group_id = ?', groupId)?.seq
  }

  *messagesOf(groupId: string): Iterable<string> {
    for (let after = ''; ; ) {
      const page = this.projection.view.all<{ id: string }>(
        'SELECT DISTINCT message_id AS id FROM content WHERE group_id = ? AND message_id > ? ORDER BY message_id LIMIT ?',
        groupId,
        after,
        PAGE,
      )
      for (const { id } of page) yield id
      const last = page.at(-1)
      if (!last || page.length < PAGE) return
      after = last.id
    }
  }

  erasedBy({ stream, seq, index }: Place): readonly string[] {
    const rows = this.projection.view.all<{ id: string }>(
      'SELECT message_id AS id FROM erased WHERE stream = ? AND seq = ? AND idx = ?',
      stream,
      seq,
      index,
    )
    return rows.map(({ id }) => id)
  }

  movedFrom(stream: string, first: number, last: number): readonly MovedEvent[] {
    return this.projection.view.all<MovedEvent>(
      'SELECT seq, idx AS "index", stored_seq AS storedSeq FROM moved WHERE stream = ? AND seq BETWEEN ? AND ? ORDER BY seq, idx',
      stream,
      first,
      last,
    )
  }
}
