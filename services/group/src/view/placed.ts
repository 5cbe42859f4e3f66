import type { Event } from '@beseda/proto/log/v1/commit'

/** An event at its place in a group's history. */
export interface Placed {
  readonly groupId: string
  readonly seq: number
  /** Index in the commit. */
  readonly index: number
  /** Unix ms. */
  readonly at: number
  /** Where the event is stored now: another sequence than `seq` when an erasure has moved it (ADR 9). */
  readonly storedSeq: number
  readonly event: Event
}
