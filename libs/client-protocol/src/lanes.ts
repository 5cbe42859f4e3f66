import { LANES, type LaneName } from '@beseda/proto'

/** Last sequence that was passed on, of each lane of one group. */
export type LaneHeads = Readonly<Record<LaneName, number>>

export const NO_HEADS: LaneHeads = { group: 0, roster: 0, messages: 0, calls: 0 }

/** A commit's place, as its copy on the bus says. */
export interface Place {
  readonly lane: LaneName
  readonly seq: number
  /** Previous sequence of the same lane. */
  readonly prevSeq: number
  /** Lane `messages`: the roster its authors were checked against. */
  readonly rosterSeq: number
}

export type Step =
  /** Passed on already. */
  | { readonly kind: 'ignore' }
  | { readonly kind: 'deliver' }
  /** First read this lane from the log after its head: the bus has lost something. */
  | { readonly kind: 'repair'; readonly lane: LaneName }

/**
 * What to do with a copy of a commit. Each lane is passed on without holes, and no message before the roster that its
 * authors were checked against (ADR 4).
 */
export function stepFor(heads: LaneHeads, { lane, seq, prevSeq, rosterSeq }: Place): Step {
  if (seq <= heads[lane]) return { kind: 'ignore' }
  if (prevSeq > heads[lane]) return { kind: 'repair', lane }
  if (lane === 'messages' && rosterSeq > heads.roster) return { kind: 'repair', lane: 'roster' }
  return { kind: 'deliver' }
}

export const advance = (heads: LaneHeads, lane: LaneName, seq: number): LaneHeads => ({
  ...heads,
  [lane]: Math.max(heads[lane], seq),
})

/** Lanes in which the first place is behind the second. */
export const lanesBehind = (heads: LaneHeads, target: LaneHeads): readonly LaneName[] =>
  LANES.filter((lane) => heads[lane] < target[lane])
