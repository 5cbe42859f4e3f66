import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Error as WireError } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'

const infoOf = (error: unknown) => (error instanceof ConnectError ? error.findDetails(ErrorInfoSchema)[0] : undefined)

/** Why a call was refused; UNAVAILABLE when there was no answer. */
export const reasonOf = (error: unknown): ErrorReason =>
  infoOf(error)?.reason ?? (isUnreachable(error) ? ErrorReason.UNAVAILABLE : ErrorReason.UNSPECIFIED)

/** Key and values of the text for an error. */
export const errorSentence = (error: unknown): { key: string; values: Record<string, string> } => ({
  key: `errors.${ErrorReason[reasonOf(error)] ?? 'UNSPECIFIED'}`,
  values: { limit: '', ...infoOf(error)?.metadata },
})

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
