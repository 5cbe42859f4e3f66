import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Scope } from '@beseda/proto/common/v1/policy'

/** Who a checked token belongs to. */
export interface Actor {
  readonly userId: string
  readonly deviceId: string
  readonly sessionId: string
  /** Unix ms. */
  readonly expiresAt: number
  /** What a bot may do; undefined: a person, who may do everything that is theirs. */
  readonly scopes: readonly Scope[] | undefined
}

/** A bot does what its token is for, and nothing that is for people only. Errors: SCOPE_MISSING. */
export function requireScope(scope: Scope, actor: Actor | undefined): void {
  if (actor?.scopes && !actor.scopes.includes(scope)) throw new Refusal(ErrorReason.SCOPE_MISSING)
}
