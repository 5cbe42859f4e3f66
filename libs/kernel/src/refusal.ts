import { ErrorReason } from '@beseda/proto/common/v1/errors'

/**
 * A command that is refused for a reason the caller can act on. The edge of the service turns it into a Connect error
 * with a typed `ErrorInfo`; a person reads the sentence of `reason` in their own language, so `message` is for logs.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'

  constructor(
    readonly reason: ErrorReason,
    readonly metadata: Readonly<Record<string, string>> = {},
    readonly retryAfterMs = 0,
  ) {
    super(ErrorReason[reason])
  }
}
