import type { LaneName } from '@beseda/proto'
import type { ServerFrame } from '@beseda/proto/gateway/v1/frames'
import type { Event } from '@beseda/proto/log/v1/commit'

type Body = Exclude<Event['body'], { case: undefined }>
type Frame = Exclude<ServerFrame['frame'], { case: undefined }>

/** The place of an event in the history of its group. Together they name the event for ever. */
export interface Place {
  readonly groupId: string
  readonly lane: LaneName
  readonly seq: number
  /** Among the events that were stored together. */
  readonly index: number
}

export interface About extends Place {
  /** The person or bot who caused it, or the id of a webhook. */
  readonly actorId: string
  readonly commandId: string
  readonly at: Date
}

type Stored<B> = B extends { case: infer Kind; value: infer Value }
  ? About & { readonly kind: Kind; readonly value: Value }
  : never

/** Something that was stored in the history of a group, as in `{kind: 'messagePosted', value: MessagePosted, …}`. */
export type StoredEvent = Stored<Body>

/** What is told once, to whoever is connected, and never again. */
export const PASSING = [
  'userEvent',
  'presence',
  'typing',
  'seen',
  'callChanged',
  'profileChanged',
  'signal',
  'signalRefused',
] as const
export type PassingFrame = Extract<Frame, { case: (typeof PASSING)[number] }>

/** What happens to the connection and the groups of the client. */
export type ConnectionEvent =
  /** Everything that was missed has come. */
  | { readonly kind: 'live' }
  /** The connection is gone; the next try follows after this time, ms. */
  | { readonly kind: 'interrupted'; readonly code: number; readonly retryInMs: number }
  | { readonly kind: 'groupJoined'; readonly groupId: string }
  | { readonly kind: 'groupLeft'; readonly groupId: string }
  /** The client was away for too long, or when it came into the group: events of this group are missing. What it needs of the group has to be fetched again. */
  | { readonly kind: 'missed'; readonly groupId: string }
  | { readonly kind: 'passing'; readonly frame: PassingFrame }

export type BesedaEvent = StoredEvent | ConnectionEvent
