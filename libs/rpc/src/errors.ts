import { Refusal } from '@beseda/kernel'
import { type ErrorInfo, ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { ErrorSchema, type Error as WireError } from '@beseda/proto/gateway/v1/frames'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'

/** The Connect code of every reason. */
const CODES: Readonly<Record<ErrorReason, Code>> = {
  [ErrorReason.UNSPECIFIED]: Code.Unknown,
  [ErrorReason.INVALID_REQUEST]: Code.InvalidArgument,
  [ErrorReason.UNAUTHENTICATED]: Code.Unauthenticated,
  [ErrorReason.TOKEN_EXPIRED]: Code.Unauthenticated,
  [ErrorReason.SESSION_REVOKED]: Code.Unauthenticated,
  [ErrorReason.BAD_CREDENTIALS]: Code.Unauthenticated,
  [ErrorReason.USERNAME_TAKEN]: Code.AlreadyExists,
  [ErrorReason.RATE_LIMITED]: Code.ResourceExhausted,
  [ErrorReason.NOT_A_MEMBER]: Code.PermissionDenied,
  [ErrorReason.NOT_PERMITTED]: Code.PermissionDenied,
  [ErrorReason.USER_NOT_FOUND]: Code.NotFound,
  [ErrorReason.GROUP_NOT_FOUND]: Code.NotFound,
  [ErrorReason.GROUP_FULL]: Code.FailedPrecondition,
  [ErrorReason.GROUP_DELETED]: Code.FailedPrecondition,
  [ErrorReason.ALREADY_A_MEMBER]: Code.AlreadyExists,
  [ErrorReason.OWNER_CANNOT_LEAVE]: Code.FailedPrecondition,
  [ErrorReason.INVITE_NOT_FOUND]: Code.NotFound,
  [ErrorReason.INVITE_EXPIRED]: Code.FailedPrecondition,
  [ErrorReason.INVITE_USED_UP]: Code.FailedPrecondition,
  [ErrorReason.INVITE_REVOKED]: Code.FailedPrecondition,
  [ErrorReason.DIRECT_CHAT]: Code.FailedPrecondition,
  [ErrorReason.CALL_NOT_FOUND]: Code.NotFound,
  [ErrorReason.CALL_ENDED]: Code.FailedPrecondition,
  [ErrorReason.CALL_BUSY]: Code.FailedPrecondition,
  [ErrorReason.CALL_ANSWERED_ELSEWHERE]: Code.FailedPrecondition,
  [ErrorReason.BAD_SIGNAL]: Code.InvalidArgument,
  [ErrorReason.UNAVAILABLE]: Code.Unavailable,
  [ErrorReason.CONTENTION]: Code.Aborted,
  [ErrorReason.WRONG_PASSWORD]: Code.PermissionDenied,
  [ErrorReason.SESSION_NOT_FOUND]: Code.NotFound,
  [ErrorReason.COMMAND_ID_REUSED]: Code.AlreadyExists,
  [ErrorReason.INTERNAL]: Code.Internal,
  [ErrorReason.METHOD_NOT_FOUND]: Code.Unimplemented,
  [ErrorReason.TOO_LARGE]: Code.ResourceExhausted,
  [ErrorReason.CALL_FULL]: Code.FailedPrecondition,
  [ErrorReason.LAST_MEMBER]: Code.FailedPrecondition,
  [ErrorReason.BANNED]: Code.PermissionDenied,
  [ErrorReason.MUTED]: Code.PermissionDenied,
  [ErrorReason.ARCHIVED]: Code.FailedPrecondition,
  [ErrorReason.SLOW_MODE]: Code.ResourceExhausted,
  [ErrorReason.MESSAGE_NOT_FOUND]: Code.NotFound,
  [ErrorReason.JOIN_REQUEST_NOT_FOUND]: Code.NotFound,
  [ErrorReason.BLOCKED]: Code.PermissionDenied,
  [ErrorReason.FILE_NOT_FOUND]: Code.NotFound,
  [ErrorReason.BAD_FILE]: Code.InvalidArgument,
  [ErrorReason.TOO_MANY]: Code.ResourceExhausted,
  [ErrorReason.WEBHOOK_NOT_FOUND]: Code.NotFound,
  [ErrorReason.SCOPE_MISSING]: Code.PermissionDenied,
  [ErrorReason.BAD_TEXT]: Code.InvalidArgument,
  [ErrorReason.NOT_IN_CALL]: Code.FailedPrecondition,
  [ErrorReason.PUSH_ENDPOINT_REFUSED]: Code.InvalidArgument,
  [ErrorReason.PUSH_NOT_SUBSCRIBED]: Code.FailedPrecondition,
  [ErrorReason.PUSH_FAILED]: Code.Unavailable,
  [ErrorReason.SIGN_IN_FAILED]: Code.Unauthenticated,
  [ErrorReason.ALREADY_LINKED]: Code.AlreadyExists,
  [ErrorReason.PROVIDER_NOT_FOUND]: Code.NotFound,
  [ErrorReason.LAST_SIGN_IN]: Code.FailedPrecondition,
  [ErrorReason.ACCOUNT_DISABLED]: Code.PermissionDenied,
  [ErrorReason.SIGN_IN_AGAIN]: Code.PermissionDenied,
  [ErrorReason.PASSKEY_NOT_FOUND]: Code.NotFound,
  [ErrorReason.RESET_EXPIRED]: Code.FailedPrecondition,
  [ErrorReason.REPORT_NOT_FOUND]: Code.NotFound,
}

export const connectCodeOf = (reason: ErrorReason): Code => CODES[reason] ?? Code.Unknown

/** `not_found` for `Code.NotFound`. */
export const codeName = (code: Code): string => (Code[code] ?? 'Unknown').replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase()

const codeByName = new Map(Object.values(CODES).map((code) => [codeName(code), code]))

/** The error as it travels. Anything that is not meant for the caller becomes INTERNAL. */
export function toWireError(error: unknown): WireError {
  const info = errorInfo(error)
  if (!info) return wire(Code.Internal, { reason: ErrorReason.INTERNAL })
  return wire(connectCodeOf(info.reason), info)
}

const wire = (code: Code, info: MessageInitShape<typeof ErrorInfoSchema> & { reason: ErrorReason }): WireError =>
  create(ErrorSchema, { code: codeName(code), message: ErrorReason[info.reason], info: create(ErrorInfoSchema, info) })

/** The typed detail of a Refusal, a ConnectError of ours, or an unavailable log; undefined for anything else. */
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
