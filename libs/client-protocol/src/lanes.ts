import { LANES, type LaneName, laneOf } from '@beseda/proto'
import type { Lane } from '@beseda/proto/log/v1/commit'

/** Last sequence of each lane of one group: last sent, at a server; last received, at a client. */
export type LaneHeads = Readonly<Record<LaneName, number>>

export const NO_HEADS: LaneHeads = { group: 0, roster: 0, messages: 0, calls: 0 }

/** The position of a commit in its group. */
export interface CommitPosition {
  readonly lane: LaneName
  readonly seq: number
  /** Previous sequence of the same lane. */
  readonly prevSeq: number
}

const NAMES: ReadonlyMap<Lane, LaneName> = new Map(LANES.map((name) => [laneOf(name), name]))

/** Undefined: a lane of a newer server. */
export const laneNameOf = (lane: Lane): LaneName | undefined => NAMES.get(lane)

/** `seen`: the commit is at or before the head. `hole`: something between the head and the commit is missing. */
export type Contiguity = 'next' | 'seen' | 'hole'

/** How a commit relates to the head of its lane. Every receiver of commits uses this rule. */
export function contiguityOf(heads: LaneHeads, { lane, seq, prevSeq }: CommitPosition): Contiguity {
  if (seq <= heads[lane]) return 'seen'
  return prevSeq <= heads[lane] ? 'next' : 'hole'
}

export type DeliveryStep =
  /** Delivered already. */
  | { readonly kind: 'ignore' }
  | { readonly kind: 'deliver' }
  /** The bus has lost a commit: first read this lane from the log, starting at its head. */
  | { readonly kind: 'repair'; readonly lane: LaneName }

/**
 * What a server does with a copy of a commit. Each lane is delivered without gaps, and no message before the roster that its authors were
 * checked against (ADR 4). `rosterSeq`: that roster's sequence, for lane `messages`.
 */
export function deliveryStep(heads: LaneHeads, commit: CommitPosition & { readonly rosterSeq: number }): DeliveryStep {
  const { lane, rosterSeq } = commit
  const contiguity = contiguityOf(heads, commit)
  if (contiguity === 'seen') return { kind: 'ignore' }
  if (contiguity === 'hole') return { kind: 'repair', lane }
  if (lane === 'messages' && rosterSeq > heads.roster) return { kind: 'repair', lane: 'roster' }
  return { kind: 'deliver' }
}

export const advance = (heads: LaneHeads, lane: LaneName, seq: number): LaneHeads => ({
  ...heads,
  [lane]: Math.max(heads[lane], seq),
})

/** Lanes whose head in `heads` is before their head in `target`. */
export const lanesBehind = (heads: LaneHeads, target: LaneHeads): readonly LaneName[] =>
  LANES.filter((lane) => heads[lane] < target[lane])
