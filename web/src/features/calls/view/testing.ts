import { type Call, CallSchema, CallState } from '@beseda/proto/call/v1/call_service'
import { create } from '@bufbuild/protobuf'
import { SILENT } from '../engine/media-state.js'
import type { OwnPerson, RemotePerson, RoomSnapshot } from '../engine/room.js'
import type { WayTrouble } from '../engine/transport.js'
import { NO_DEVICES } from '../media/devices.js'

/** Call snapshots for tests. */
export const person = (userId: string, more: Partial<RemotePerson> = {}): RemotePerson => ({
  userId,
  deviceId: `${userId}-device`,
  away: false,
  link: 'connected',
  refusal: undefined,
  trust: 'seen',
  media: { ...SILENT, microphone: true },
  speaking: false,
  camera: undefined,
  screen: undefined,
  reaction: undefined,
  volume: 1,
  stats: undefined,
  ...more,
})

const own: OwnPerson = {
  microphone: true,
  microphoneTrouble: undefined,
  cameraTrouble: undefined,
  open: true,
  pushToTalk: false,
  camera: undefined,
  screen: undefined,
  deafened: false,
  hand: false,
  reaction: undefined,
  speaking: false,
  cameraPaused: false,
}

export const room = (
  people: readonly RemotePerson[],
  more: {
    own?: Partial<OwnPerson>
    call?: Partial<Call>
    connectedAt?: number
    soundBlocked?: boolean
    wayTrouble?: WayTrouble
  } = {},
): RoomSnapshot => ({
  call: create(CallSchema, { id: 'c', groupId: 'g', state: CallState.ACTIVE, ...more.call } as never),
  people,
  own: { ...own, ...more.own },
  connectedAt: more.connectedAt ?? 1,
  begunAt: 1,
  devices: NO_DEVICES,
  chosen: { microphone: '', camera: '', speaker: '' },
  code: undefined,
  soundBlocked: more.soundBlocked ?? false,
  wayTrouble: more.wayTrouble,
})
