import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import type { Actor } from '../auth/actor.js'

/** From opening to Hello. Longer: sockets that never speak hold memory for longer; shorter: slow networks are cut off. */
const HELLO_MS = 10_000
/** The longest wait in the queue of sockets that are brought up. */
const QUEUE_MS = 60_000
/** The longest time from the turn in the queue to Ready. */
const BRING_UP_MS = 30_000

/** Where a connection stands. Times in Unix ms. */
export type Status =
  /** Hello has not come. */
  | { readonly kind: 'opened'; readonly deadline: number }
  /** Hello has come: it waits for its turn, then its token is checked. */
  | { readonly kind: 'greeted'; readonly deadline: number }
  /** The person is known and is being let into the rooms of their groups; nothing may be sent before Ready. */
  | { readonly kind: 'entering'; readonly actor: Actor; readonly deadline: number }
  /** Ready has been sent. The connection lives as long as its token. */
  | { readonly kind: 'ready'; readonly actor: Actor }
  | { readonly kind: 'closed'; readonly actor: Actor | undefined }

export const opened = (now: number): Status => ({ kind: 'opened', deadline: now + HELLO_MS })

/** Hello has come. Undefined: it was not the first frame that says who is there. */
export const greeted = (status: Status, now: number): Status | undefined =>
  status.kind === 'opened' ? { kind: 'greeted', deadline: now + QUEUE_MS } : undefined

/** The connection's turn in the queue has come. */
export const atItsTurn = (status: Status, now: number): Status =>
  status.kind === 'greeted' ? { kind: 'greeted', deadline: now + BRING_UP_MS } : status

/** A token was checked: the first one, or a newer one of the same session. Undefined: it belongs to another session. */
export function signedIn(status: Status, actor: Actor): Status | undefined {
  switch (status.kind) {
    case 'greeted':
      return { kind: 'entering', actor, deadline: status.deadline }
    case 'entering':
    case 'ready':
      return status.actor.sessionId === actor.sessionId ? { ...status, actor } : undefined
    default:
      return status
  }
}

/** Ready goes out. */
export const madeReady = (status: Status): Status =>
  status.kind === 'entering' ? { kind: 'ready', actor: status.actor } : status

/** Who the connection belonged to is known after its end too: they have to be signed off. */
export const closed = (status: Status): Status => ({ kind: 'closed', actor: actorOf(status) })

/** Undefined: nobody has signed in. */
export const actorOf = (status: Status): Actor | undefined => ('actor' in status ? status.actor : undefined)

/** The code with which the connection has to be closed by now, if it has. */
export function overdue(status: Status, now: number): CloseCode | undefined {
  switch (status.kind) {
    case 'closed':
      return undefined
    case 'ready':
      return now >= expiresAt(status.actor) ? CloseCode.TOKEN_EXPIRED : undefined
    default:
      return now >= status.deadline ? CloseCode.TIMEOUT : undefined
  }
}

/** A bot's token does not expire; `SessionChecks` finds out that it was replaced. */
const expiresAt = ({ scopes, expiresAt: at }: Actor): number => (scopes ? Number.POSITIVE_INFINITY : at)
