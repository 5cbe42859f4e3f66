import type { ClientCursor } from './cursor.js'
import { type LaneHeads, lanesBehind } from './lanes.js'

export type ResumePlan =
  /** The client has everything. */
  | { readonly kind: 'current' }
  /** Send the commits after the cursor. `afterSeq`: the sequence after which the log is read. */
  | { readonly kind: 'replay'; readonly afterSeq: number }
  /** The client fetches the group's state again. */
  | { readonly kind: 'snapshot' }

/** The cursor claims more of this log than the server has delivered: the server lags, or the log has lost something. */
export const isAhead = (cursor: ClientCursor, epoch: string, head: LaneHeads): boolean =>
  cursor.epoch === epoch && lanesBehind(head, cursor.heads).length > 0

/**
 * How a client is brought from its cursor to the group's head. A cursor of another epoch, or one beyond the head, says nothing about this
 * log; a server that may lag reads the log before it plans.
 */
export function resumePlan(cursor: ClientCursor | undefined, epoch: string, head: LaneHeads): ResumePlan {
  if (!cursor || cursor.epoch !== epoch) return { kind: 'snapshot' }
  if (isAhead(cursor, epoch, head)) return { kind: 'snapshot' }
  const behind = lanesBehind(cursor.heads, head)
  if (behind.length === 0) return { kind: 'current' }
  return { kind: 'replay', afterSeq: Math.min(...behind.map((lane) => cursor.heads[lane])) }
}
