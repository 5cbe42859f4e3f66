import { laneOf } from '@beseda/proto'
import { type Record as ExportedRecord, RecordSchema } from '@beseda/proto/export/v1/record'
import { create, toBinary, toJsonString } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Message } from 'kafkajs'
import type { PersonName } from '../../application/ports.js'
import { type NamesKept, namedIn } from '../../domain/named.js'
import type { Outgoing } from '../../domain/outgoing.js'
import type { Placed } from '../../domain/placed.js'

export interface RecordOptions {
  /** Of the stream, by its name. */
  readonly epochOf: (stream: string) => string
  readonly format: 'protobuf' | 'json'
  readonly key: 'message' | 'group'
  /** Whether an erasure here is one there. */
  readonly erases: boolean
  /** The Kafka partition of a group. */
  readonly partitionOf: (groupId: string) => number
}

type Names = ReadonlyMap<string, PersonName>
const NO_NAMES: Names = new Map()

const CONTENT_TYPES = { protobuf: 'application/protobuf', json: 'application/json' }

/** Under the key of its message, only content can be erased. */
const namesKept = ({ erases, key }: RecordOptions): NamesKept => (erases && key === 'message' ? 'authors' : 'all')

/** The people whose names go into the records of a batch. */
export const peopleIn = (batch: readonly Outgoing[], options: RecordOptions): Set<string> =>
  new Set(batch.flatMap((one) => (one.kind === 'event' ? [...namedBy(one.placed, one.messageId, options)] : [])))

const namedBy = (placed: Placed, messageId: string | undefined, options: RecordOptions): Set<string> =>
  namedIn(placed, messageId !== undefined, namesKept(options))

/** The Kafka record of what leaves; undefined: there is none. */
export function recordOf(
  outgoing: Exclude<Outgoing, { kind: 'pulse' }>,
  options: RecordOptions,
  names: Names = NO_NAMES,
): Message | undefined {
  if (outgoing.kind === 'event') return eventRecord(outgoing.placed, outgoing.messageId, options, names)
  if (!options.erases || options.key === 'group') return undefined
  const { groupId, messageId } = outgoing
  // A record without a value: compaction removes everything before it under the same key.
  return { partition: options.partitionOf(groupId), key: contentKey(groupId, messageId), value: null }
}

const contentKey = (groupId: string, messageId: string): string => `${groupId}/${messageId}`

function eventRecord(placed: Placed, messageId: string | undefined, options: RecordOptions, known: Names): Message {
  const { groupId, place, at, event } = placed
  const id = `${options.epochOf(place.stream)}/${place.stream}/${place.seq}/${place.index}`
  const names = known.size === 0 ? [] : namesOf(namedBy(placed, messageId, options), known)
  return {
    partition: options.partitionOf(groupId),
    key: keyOf(placed, messageId, options),
    value: bodyOf(placed, id, options.format, names),
    timestamp: String(at),
    headers: {
      'beseda-id': id,
      'beseda-group': groupId,
      'beseda-lane': placed.lane,
      'beseda-type': event.body.case ?? 'unknown',
      'beseda-schema': RecordSchema.typeName,
      'beseda-time': new Date(at).toISOString(),
      ...(placed.traceparent === '' ? {} : { traceparent: placed.traceparent }),
      ...cloudEvent(placed, id, options.format),
    },
  }
}

const namesOf = (people: Iterable<string>, known: Names) =>
  [...people].flatMap((userId) => {
    const name = known.get(userId)
    return name ? [{ userId, ...name }] : []
  })

/** What carries content is found by its message, so that an edit replaces it and an erasure erases it. All else stays. */
function keyOf({ groupId, place }: Placed, messageId: string | undefined, { key, erases }: RecordOptions): string {
  if (key === 'group') return groupId
  return messageId !== undefined && erases ? contentKey(groupId, messageId) : `${groupId}/${place.seq}/${place.index}`
}

/** CloudEvents 1.0 in binary mode. */
const cloudEvent = ({ groupId, at, event }: Placed, id: string, format: RecordOptions['format']) => ({
  ce_specversion: '1.0',
  ce_id: id,
  ce_source: '/beseda/history',
  ce_type: `beseda.${event.body.case ?? 'unknown'}`,
  ce_subject: groupId,
  ce_time: new Date(at).toISOString(),
  'content-type': CONTENT_TYPES[format],
})

function bodyOf(
  { groupId, lane, at, event }: Placed,
  id: string,
  format: RecordOptions['format'],
  names: ReturnType<typeof namesOf>,
): Buffer {
  const record: ExportedRecord = create(RecordSchema, {
    ...{ id, groupId, lane: laneOf(lane), time: timestampFromMs(at), event, names },
  })
  return Buffer.from(format === 'json' ? toJsonString(RecordSchema, record) : toBinary(RecordSchema, record))
}
