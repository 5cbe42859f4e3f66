import { LANES } from '@beseda/proto'
import type { ClientCursor } from './cursor.js'
import { type LaneHeads, lanesBehind } from './lanes.js'

export type ResumePlan =
  /** The client has everything. */
  | { readonly kind: 'current' }
  /** Send the commits after the cursor. `afterSeq`: the sequence after which the log is read. */
  | { readonly kind: 'replay'; readonly afterSeq: number }
  /** The client fetches the group's state again. */
  | { readonly kind: 'snapshot' }

/**
 * How a client gets from its cursor to the group's head. A cursor of another epoch, or one beyond the head, is not valid for this
 * log.
 */
export function resumePlan(cursor: ClientCursor | undefined, epoch: string, head: LaneHeads): ResumePlan {
  if (!cursor || cursor.epoch !== epoch) return { kind: 'snapshot' }
  if (LANES.some((lane) => cursor.heads[lane] > head[lane])) return { kind: 'snapshot' }
  const behind = lanesBehind(cursor.heads, head)
  if (behind.length === 0) return { kind: 'current' }
  return { kind: 'replay', afterSeq: Math.min(...behind.map((lane) => cursor.heads[lane])) }
}
