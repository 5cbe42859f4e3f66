import { type ErrorInfo, ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { create, fromBinary } from '@bufbuild/protobuf'
import { base64Decode } from '@bufbuild/protobuf/wire'

/** Why something failed. `reason` says it for programs; `UNAVAILABLE` also stands for no answer at all. */
export class BesedaError extends Error {
  override readonly name = 'BesedaError'

  constructor(
    /** One of `ErrorReason`, as the server gave it. */
    readonly reason: ErrorReason,
    private readonly info: ErrorInfo = create(ErrorInfoSchema, { reason }),
    options?: ErrorOptions,
  ) {
    super(ErrorReason[reason] ?? `reason ${reason}`, options)
  }

  /** How long to wait before another try, ms; 0: the server says nothing about it. */
  get retryAfterMs(): number {
    return this.info.retryAfterMs
  }

  /** Values of the reason, such as `{"limit": "100"}`. */
  get metadata(): Readonly<Record<string, string>> {
    return this.info.metadata
  }

  /** What is wrong with which field of the request, for `INVALID_REQUEST`. */
  get violations(): ErrorInfo['violations'] {
    return this.info.violations
  }
}

export const unavailable = (cause?: unknown): BesedaError =>
  new BesedaError(ErrorReason.UNAVAILABLE, undefined, { cause })

export const closedError = (): BesedaError =>
  new BesedaError(ErrorReason.UNAVAILABLE, undefined, { cause: new Error('the client was closed') })

interface ConnectJson {
  readonly details?: readonly { readonly type?: string; readonly value?: string }[]
}

/** The error in an answer of the HTTP API (Connect's JSON); an answer that is not the gateway's own is no answer. */
export function errorOf(body: unknown): BesedaError {
  const { details = [] } = (body ?? {}) as ConnectJson
  const detail = details.find(({ type }) => type === ErrorInfoSchema.typeName)
  if (detail?.value === undefined) return unavailable()
  const info = fromBinary(ErrorInfoSchema, base64Decode(detail.value))
  return new BesedaError(info.reason, info)
}
