import { Refusal } from '@beseda/kernel'
import {
  connect_code,
  type ErrorInfo,
  ErrorInfoSchema,
  ErrorReason,
  ErrorReasonSchema,
} from '@beseda/proto/common/v1/errors'
import { ErrorSchema, type Error as WireError } from '@beseda/proto/gateway/v1/frames'
import { create, fromBinary, getOption, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'

/** The Connect code of every reason, as `errors.proto` states it. */
const CODES: ReadonlyMap<ErrorReason, Code> = new Map(
  // `ConnectCode` has the numbers of Connect's own `Code`.
  ErrorReasonSchema.values.map((value) => [value.number, getOption(value, connect_code) as number as Code]),
)

export const connectCodeOf = (reason: ErrorReason): Code => CODES.get(reason) || Code.Unknown

/** `not_found` for `Code.NotFound`. */
export const codeName = (code: Code): string => (Code[code] ?? 'Unknown').replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase()

const codeByName = new Map([...CODES.values()].map((code) => [codeName(code), code]))

/** The error as it is sent to the caller. An unexpected error becomes INTERNAL, without details. */
export function toWireError(error: unknown): WireError {
  const info = errorInfo(error)
  if (!info) return wire(Code.Internal, { reason: ErrorReason.INTERNAL })
  return wire(connectCodeOf(info.reason), info)
}

const wire = (code: Code, info: MessageInitShape<typeof ErrorInfoSchema> & { reason: ErrorReason }): WireError =>
  create(ErrorSchema, { code: codeName(code), message: ErrorReason[info.reason], info: create(ErrorInfoSchema, info) })

/** The typed detail of a Refusal, a ConnectError of this platform, a timeout, an unavailable or a full log; undefined for other errors. */
export function errorInfo(error: unknown): ErrorInfo | undefined {
  if (error instanceof Refusal) {
    const { reason, metadata, retryAfterMs } = error
    return create(ErrorInfoSchema, { reason, metadata: { ...metadata }, retryAfterMs })
  }
  if (error instanceof ConnectError) return error.findDetails(ErrorInfoSchema)[0]
  if (
    error instanceof Error &&
    (error.name === 'LogUnavailable' || error.name === 'AbortError' || error.name === 'TimeoutError')
  )
    return create(ErrorInfoSchema, { reason: ErrorReason.UNAVAILABLE })
  if (error instanceof Error && error.name === 'LogFull')
    return create(ErrorInfoSchema, { reason: ErrorReason.NO_ROOM })
  return undefined
}

export const toConnectError = ({ code, message, info }: WireError): ConnectError =>
  new ConnectError(
    message,
    codeByName.get(code) ?? Code.Unknown,
    undefined,
    info ? [{ desc: ErrorInfoSchema, value: info }] : [],
  )

export const encodeError = (error: WireError): Uint8Array => toBinary(ErrorSchema, error)
export const decodeError = (bytes: Uint8Array): WireError => fromBinary(ErrorSchema, bytes)
