import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  create,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { pathToString } from '@bufbuild/protobuf/reflect'
import { createValidator } from '@bufbuild/protovalidate'
import { Code, ConnectError } from '@connectrpc/connect'
import type { ContentType } from './headers.js'

const validator = createValidator()
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Violations that are reported. A request has room for 30,000 wrong items; a report of all would be too large for the bus. */
const MAX_VIOLATIONS = 32

interface Violation {
  readonly field: string
  readonly rule: string
  readonly message: string
}

const invalid = (violations: Violation[]): ConnectError =>
  new ConnectError('INVALID_REQUEST', Code.InvalidArgument, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: ErrorReason.INVALID_REQUEST, violations }) },
  ])

/** Decodes and validates a request. Errors: INVALID_REQUEST with the violations by field. */
export function decodeRequest(schema: DescMessage, payload: Uint8Array, contentType: ContentType): Message {
  const message = parse(schema, payload, contentType)
  const result = validator.validate(schema, message)
  if (result.kind === 'error') throw result.error
  if (result.kind === 'valid') return message
  throw invalid(
    result.violations.slice(0, MAX_VIOLATIONS).map(({ field, ruleId, message: sentence }) => ({
      field: pathToString(field),
      rule: ruleId,
      message: sentence,
    })),
  )
}

function parse(schema: DescMessage, payload: Uint8Array, contentType: ContentType): Message {
  try {
    if (contentType !== 'application/json') return fromBinary(schema, payload)
    const text = utf8.decode(payload)
    return fromJson(schema, (text === '' ? {} : JSON.parse(text)) as JsonValue, { ignoreUnknownFields: true })
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unreadable'
    throw invalid([{ field: '', rule: 'parse', message: message.slice(0, 200) }])
  }
}

export const encodeResponse = (schema: DescMessage, response: Message, contentType: ContentType): Uint8Array =>
  contentType === 'application/json'
    ? new TextEncoder().encode(JSON.stringify(toJson(schema, response)))
    : toBinary(schema, response)
