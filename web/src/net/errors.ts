import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Error as WireError } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'

const infoOf = (error: unknown) => (error instanceof ConnectError ? error.findDetails(ErrorInfoSchema)[0] : undefined)

/** Why a call was refused; UNAVAILABLE when there was no answer. */
export const reasonOf = (error: unknown): ErrorReason =>
  infoOf(error)?.reason ?? (isUnreachable(error) ? ErrorReason.UNAVAILABLE : ErrorReason.UNSPECIFIED)

export const reasonName = (error: unknown): string => ErrorReason[reasonOf(error)] ?? 'UNSPECIFIED'

/** Key and values of the text for an error. `bytes`: a limit that is a size, to be written as one. */
export function errorSentence(error: unknown): { key: string; values: Record<string, string>; bytes?: number } {
  const reason = reasonOf(error)
  const values = { limit: '', ...infoOf(error)?.metadata }
  if (reason === ErrorReason.TOO_LARGE && Number(values.limit) > 0)
    return { key: 'errors.TOO_LARGE_OVER', values, bytes: Number(values.limit) }
  if (reason === ErrorReason.UPLOADS_USED_UP)
    return { key: 'errors.UPLOADS_USED_UP', values, bytes: Number(values.limit) }
  return { key: `errors.${reasonName(error)}`, values }
}

export const retryAfterMs = (error: unknown): number => infoOf(error)?.retryAfterMs ?? 0

/** The request may or may not have arrived: the same command can be sent again. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return error instanceof TypeError
  return error.code === Code.Unavailable || error.code === Code.DeadlineExceeded
}

export const unavailable = (): ConnectError =>
  new ConnectError('unavailable', Code.Unavailable, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: ErrorReason.UNAVAILABLE }) },
  ])

/** `limit`: bytes; undefined: a proxy in front of the server has refused the size, and its limit is not known here. */
export const tooLarge = (limit?: number): ConnectError => {
  const metadata = limit === undefined ? {} : { limit: String(limit) }
  return new ConnectError('too large', Code.ResourceExhausted, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: ErrorReason.TOO_LARGE, metadata }) },
  ])
}

const codes = new Map(
  Object.entries(Code)
    .filter((entry): entry is [string, Code] => typeof entry[1] === 'number')
    .map(([name, code]) => [name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase(), code]),
)

export const fromWire = ({ code, message, info }: WireError): ConnectError =>
  new ConnectError(
    message,
    codes.get(code) ?? Code.Unknown,
    undefined,
    info ? [{ desc: ErrorInfoSchema, value: info }] : [],
  )
