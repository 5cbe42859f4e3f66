import type { DescMethodUnary } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import type { ContentType } from './headers.js'
import { policyOf } from './methods.js'

/**
 * The value of the request field that the method's policy names as partition key, read without decoding the message. Undefined when
 * the method has no partition key, or the bytes hold no string there (the service will refuse them).
 */
export function partitionKeyOf(
  method: DescMethodUnary,
  payload: Uint8Array,
  contentType: ContentType,
): string | undefined {
  const name = policyOf(method).partitionKey
  const field = name ? method.input.fields.find((candidate) => candidate.name === name) : undefined
  if (!field) return undefined
  try {
    return contentType === 'application/json'
      ? fromJson(payload, field.jsonName, name)
      : fromWire(payload, field.number)
  } catch {
    // Not a message of this method: the service refuses it.
    return undefined
  }
}

function fromWire(payload: Uint8Array, number: number): string | undefined {
  const reader = new BinaryReader(payload)
  let found: string | undefined
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (field === number && type === WireType.LengthDelimited) found = reader.string()
    else reader.skip(type, field)
  }
  return found
}

function fromJson(payload: Uint8Array, jsonName: string, name: string): string | undefined {
  const value: unknown = JSON.parse(new TextDecoder().decode(payload))
  if (typeof value !== 'object' || value === null) return undefined
  const found = (value as Record<string, unknown>)[jsonName] ?? (value as Record<string, unknown>)[name]
  return typeof found === 'string' ? found : undefined
}
