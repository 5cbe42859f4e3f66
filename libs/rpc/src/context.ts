import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** Who calls and until when. Second argument of every `@Rpc` handler. */
export interface RpcContext {
  /** Undefined for anonymous callers and for services that call in their own name. */
  readonly userId: string | undefined
  readonly deviceId: string | undefined
  readonly sessionId: string | undefined
  readonly address: string | undefined
  /** Unix milliseconds. */
  readonly deadline: number
  /** Aborts at the deadline. */
  readonly signal: AbortSignal
  readonly traceparent: string | undefined
}

/** The caller's user id. Refuses with UNAUTHENTICATED. */
export function requireUser({ userId }: RpcContext): string {
  if (userId === undefined) throw new Refusal(ErrorReason.UNAUTHENTICATED)
  return userId
}

/**
 * What a command needs to know of its caller: who, when, and the id by which it is done once. Without an id of the client's it
 * has one of its own. Refuses with UNAUTHENTICATED.
 */
export const callerOf = (context: RpcContext, commandId: string = newId()) => ({
  commandId,
  userId: requireUser(context),
  now: new Date(),
  traceparent: context.traceparent,
  signal: context.signal,
})
