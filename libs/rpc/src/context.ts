import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** The caller and the deadline of a request. */
export interface RpcContext {
  /** Undefined for callers who are not signed in and for services that call in their own name. */
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

/** The caller's user id. Errors: UNAUTHENTICATED. */
export function requireUser({ userId }: RpcContext): string {
  if (userId === undefined) throw new Refusal(ErrorReason.UNAUTHENTICATED)
  return userId
}
