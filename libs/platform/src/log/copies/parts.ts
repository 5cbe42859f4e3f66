import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ViewDefinition } from '@beseda/event-log'
import { viewCopySubject } from '@beseda/proto'

/** The answer to whoever asks for a copy. `busy`: the replica gives one to somebody else, or cannot at the moment. */
export type Offer = { readonly kind: 'offer'; readonly id: string; readonly bytes: number } | { readonly kind: 'busy' }

/** Bytes of a part. More: the bus, which carries a megabyte, refuses it; fewer: more requests. */
export const PART_BYTES = 512 * 1024
/** What is sent instead of the place of a part when the copy has arrived or is given up. */
export const DONE = 'done'

/** Where replicas ask each other: those with the same tables of the same service, filled from the same streams. */
export const copySubject = (service: string, definition: ViewDefinition, streams: readonly string[]): string => {
  const { name, version, schema } = definition
  return viewCopySubject(service, name, hash('sha256', JSON.stringify([version, schema, streams])).slice(0, 16))
}

/** A part as it travels: its checksum before it. */
export function sealed(part: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + part.length)
  new DataView(bytes.buffer).setUint32(0, crc32(part))
  bytes.set(part, 4)
  return bytes
}

/** Errors: it has not arrived as it was sent. */
export function opened(bytes: Uint8Array): Uint8Array {
  const part = bytes.subarray(4)
  const sum = bytes.length > 4 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) : undefined
  if (sum !== crc32(part)) throw new Error('a part of a copy has not arrived as it was sent')
  return part
}
