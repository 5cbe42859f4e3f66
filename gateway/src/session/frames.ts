import type { LaneName } from '@beseda/proto'
import { laneOf } from '@beseda/proto'
import { ClientFrameSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

type FrameInit = NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>

/** An encoded frame. */
export const serverFrame = (frame: FrameInit): Uint8Array =>
  toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame }))

const PING = toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: { case: 'ping', value: {} } }))

/** Most frames of clients are Pings. They are recognized without decoding, so that an idle gateway makes no garbage. */
export const isPing = (bytes: Uint8Array): boolean =>
  bytes.length === PING.length && PING.every((byte, i) => bytes[i] === byte)

/** Field 2 of a ServerFrame, a response; in it, 1 is its id and 2 its payload. */
const RESPONSE = 2
const ID = 1
const PAYLOAD = 2

/** An answered request, the most frequent frame of a gateway: encoded by hand, because the generic encoder costs several times as much. */
export const responseFrame = (id: number, payload: Uint8Array): Uint8Array => {
  const writer = new BinaryWriter().tag(RESPONSE, WireType.LengthDelimited).fork()
  if (id !== 0) writer.tag(ID, WireType.Varint).uint32(id)
  if (payload.length > 0) writer.tag(PAYLOAD, WireType.LengthDelimited).bytes(payload)
  return writer.join().finish()
}

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
