import type { LaneName } from '@beseda/proto'
import type { Event } from '@beseda/proto/log/v1/commit'

/** Where an event first stood in the log. */
export interface Place {
  readonly stream: string
  readonly seq: number
  /** Index in the commit. */
  readonly index: number
}

/** An event of a group's history at its first place, wherever an erasure has moved it since (ADR 9). */
export interface Placed {
  readonly place: Place
  readonly groupId: string
  readonly lane: LaneName
  /** Unix ms, of the commit. */
  readonly at: number
  /** W3C trace context of the command; empty: none. */
  readonly traceparent: string
  readonly event: Event
}
