import { type Cursor, CursorSchema, type ServerFrame } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import { advance, type Contiguity, contiguityOf, type LaneHeads, laneNameOf } from './lanes.js'

/** A client's position in one group: the last received sequences of the lanes, in the log with this epoch. */
export interface ClientCursor {
  readonly epoch: string
  readonly heads: LaneHeads
}

/** Encodes a cursor for a frame. */
export const cursorOf = (groupId: string, epoch: string, heads: LaneHeads): Cursor =>
  create(CursorSchema, {
    groupId,
    epoch,
    groupSeq: BigInt(heads.group),
    rosterSeq: BigInt(heads.roster),
    messagesSeq: BigInt(heads.messages),
    callsSeq: BigInt(heads.calls),
  })

/** Decodes the heads of a frame's cursor. */
export const headsOf = (cursor: Cursor): LaneHeads => ({
  group: Number(cursor.groupSeq),
  roster: Number(cursor.rosterSeq),
  messages: Number(cursor.messagesSeq),
  calls: Number(cursor.callsSeq),
})

export const clientCursor = (cursor: Cursor): ClientCursor => ({ epoch: cursor.epoch, heads: headsOf(cursor) })

/**
 * Moves a client's cursors by one received frame, in the order of arrival. For a commit: how it relates to the cursor, which then
 * includes the commit; `unknown`: the client has no cursor for the group, or does not know the lane. Undefined: not a commit.
 */
export function follow(cursors: Map<string, Cursor>, frame: ServerFrame['frame']): Contiguity | 'unknown' | undefined {
  switch (frame.case) {
    case 'ready': {
      const listed = new Set(frame.value.heads.map(({ groupId }) => groupId))
      for (const groupId of cursors.keys()) if (!listed.has(groupId)) cursors.delete(groupId)
      // A group without a cursor is fetched and starts at its head; one with a cursor starts there.
      for (const head of frame.value.heads) if (!cursors.has(head.groupId)) cursors.set(head.groupId, head)
      return undefined
    }
    case 'snapshotRequired':
    case 'groupJoined':
      if (frame.value.head) cursors.set(frame.value.head.groupId, frame.value.head)
      return undefined
    case 'groupLeft':
      cursors.delete(frame.value.groupId)
      return undefined
    case 'commit': {
      const { groupId, seq, prevSeq } = frame.value
      const lane = laneNameOf(frame.value.lane)
      const cursor = cursors.get(groupId)
      if (!cursor || !lane) return 'unknown'
      const heads = headsOf(cursor)
      const contiguity = contiguityOf(heads, { lane, seq: Number(seq), prevSeq: Number(prevSeq) })
      cursors.set(groupId, cursorOf(groupId, cursor.epoch, advance(heads, lane, Number(seq))))
      return contiguity
    }
    default:
      return undefined
  }
}
