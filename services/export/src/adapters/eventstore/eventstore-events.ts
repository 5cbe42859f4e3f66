import { createHash } from 'node:crypto'
import { laneOf } from '@beseda/proto'
import { RecordSchema } from '@beseda/proto/export/v1/record'
import { MessageEditedSchema, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { create, toJson } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { type EventData, jsonEvent } from '@eventstore/db-client'
import type { Place, Placed } from '../../domain/placed.js'

/** The stream of a group; its category in projections is `group`. */
export const groupStream = (groupId: string): string => `group-${groupId}`
/** The stream that holds what a message says, and can be tombstoned alone. */
export const messageStream = (groupId: string, messageId: string): string => `message-${groupId}.${messageId}`

/** Where an event came from: how a repetition is told. */
export interface EventMetadata {
  readonly besedaId: string
  readonly seq: number
  readonly index: number
  /** The command, as EventStoreDB's own projections know it. */
  readonly $correlationId: string
  readonly $causationId: string
}

/** An event with everything that it says. */
export const wholeEvent = (placed: Placed, epoch: string): EventData => eventOf(placed, epoch, placed.event)

/** The same event without what its message says: that is in the message's own stream. */
export function pointerEvent(placed: Placed, epoch: string): EventData {
  const { body } = placed.event
  if (body.case === 'messagePosted') {
    const { messageId, authorId, threadId, replyTo } = body.value
    const value = create(MessagePostedSchema, { messageId, authorId, threadId, replyTo })
    return eventOf(placed, epoch, create(EventSchema, { ...placed.event, body: { case: body.case, value } }))
  }
  if (body.case !== 'messageEdited') return wholeEvent(placed, epoch)
  const value = create(MessageEditedSchema, { messageId: body.value.messageId })
  return eventOf(placed, epoch, create(EventSchema, { ...placed.event, body: { case: body.case, value } }))
}

function eventOf({ place, groupId, lane, at }: Placed, epoch: string, event: Event): EventData {
  const besedaId = `${epoch}/${place.stream}/${place.seq}/${place.index}`
  const record = create(RecordSchema, { id: besedaId, groupId, lane: laneOf(lane), time: timestampFromMs(at), event })
  const name = event.body.case ?? 'unknown'
  return jsonEvent({
    id: uuidOf(besedaId),
    type: name.charAt(0).toUpperCase() + name.slice(1),
    data: toJson(RecordSchema, record) as Record<string, unknown>,
    metadata: {
      besedaId,
      seq: place.seq,
      index: place.index,
      $correlationId: event.commandId,
      $causationId: event.commandId,
    },
  } as never)
}

/** The same id for the same event whenever it is sent (UUID version 8). */
function uuidOf(id: string): string {
  const bytes = createHash('sha256').update(id).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Whether an event at `place` is newer than one with this metadata. A log that was created anew begins before it. */
export function isAfter(place: Place, epoch: string, last: EventMetadata): boolean {
  if (!last.besedaId.startsWith(`${epoch}/${place.stream}/`)) return true
  return place.seq > last.seq || (place.seq === last.seq && place.index > last.index)
}
