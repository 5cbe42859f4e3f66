import type { Projection } from '@beseda/event-log'
import { PollStore } from '../../application/ports.js'
import type { PollState } from '../../domain/poll.js'
import { optionsIn } from './poll-view.js'

/** People whom one answer names; a channel has as many members. */
const MOST_VOTERS = 1_000

export class SqlitePollStore extends PollStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  state(groupId: string, messageId: string, options: number): PollState {
    const sql =
      'SELECT options, COUNT(*) AS n FROM poll_vote WHERE group_id = ? AND message_id = ? AND options > 0 GROUP BY options'
    const tally = Array.from({ length: options }, () => 0)
    let voters = 0
    for (const { options: bits, n } of this.#view.all<{ options: number; n: number }>(sql, groupId, messageId)) {
      voters += n
      for (const option of optionsIn(bits)) tally[option] = (tally[option] ?? 0) + n
    }
    const end = 'SELECT at FROM poll_end WHERE group_id = ? AND message_id = ?'
    return { tally, voters, endedAt: this.#view.get<{ at: number }>(end, groupId, messageId)?.at ?? 0 }
  }

  vote(groupId: string, messageId: string, userId: string): readonly number[] {
    const sql = 'SELECT options FROM poll_vote WHERE group_id = ? AND message_id = ? AND user_id = ?'
    return optionsIn(this.#view.get<{ options: number }>(sql, groupId, messageId, userId)?.options ?? 0)
  }

  voters(groupId: string, messageId: string, option: number): readonly string[] {
    const sql =
      'SELECT user_id AS userId FROM poll_vote WHERE group_id = ? AND message_id = ? AND options & ? > 0 ORDER BY seq, idx LIMIT ?'
    const rows = this.#view.all<{ userId: string }>(sql, groupId, messageId, 1 << option, MOST_VOTERS)
    return rows.map(({ userId }) => userId)
  }

  lastSeq(groupId: string, messageId: string): number {
    const sql = `SELECT MAX(seq) AS seq FROM (
      SELECT seq FROM poll_vote WHERE group_id = :groupId AND message_id = :id
      UNION ALL SELECT seq FROM poll_end WHERE group_id = :groupId AND message_id = :id
      UNION ALL SELECT edited_seq FROM message WHERE group_id = :groupId AND id = :id)`
    return this.#view.getNamed<{ seq: number | null }>(sql, { ':groupId': groupId, ':id': messageId })?.seq ?? 0
  }

  get #view() {
    return this.projection.view
  }
}
