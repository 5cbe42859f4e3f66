import type { LaneName } from '@beseda/proto'
import { laneOf } from '@beseda/proto'
import { ClientFrameSchema, type Cursor, CursorSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import type { LaneHeads } from './lanes.js'
import type { ClientCursor } from './resume.js'

type FrameInit = NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>

/** A frame for the wire. */
export const serverFrame = (frame: FrameInit): Uint8Array =>
  toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame }))

const PING = toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: { case: 'ping', value: {} } }))

/** Most of what comes from clients: told without decoding, so that an idle gateway makes no work for the collector. */
export const isPing = (bytes: Uint8Array): boolean =>
  bytes.length === PING.length && PING.every((byte, i) => bytes[i] === byte)

export const cursorOf = (groupId: string, epoch: string, heads: LaneHeads): Cursor =>
  create(CursorSchema, {
    groupId,
    epoch,
    groupSeq: BigInt(heads.group),
    rosterSeq: BigInt(heads.roster),
    messagesSeq: BigInt(heads.messages),
    callsSeq: BigInt(heads.calls),
  })

export const clientCursor = (cursor: Cursor): ClientCursor => ({
  epoch: cursor.epoch,
  heads: {
    group: Number(cursor.groupSeq),
    roster: Number(cursor.rosterSeq),
    messages: Number(cursor.messagesSeq),
    calls: Number(cursor.callsSeq),
  },
})

export interface CommitFrame {
  readonly groupId: string
  readonly lane: LaneName
  readonly seq: number
  readonly prevSeq: number
  readonly epoch: string
  readonly bytes: Uint8Array
}

export const commitFrame = ({ groupId, lane, seq, prevSeq, epoch, bytes }: CommitFrame): Uint8Array =>
  serverFrame({
    case: 'commit',
    value: { groupId, lane: laneOf(lane), seq: BigInt(seq), prevSeq: BigInt(prevSeq), epoch, commit: bytes },
  })
