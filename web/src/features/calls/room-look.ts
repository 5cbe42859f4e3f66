import type { Call } from '@beseda/proto/call/v1/call_service'
import { TrackStreams } from './browser/track-streams.js'
import { volumeOf } from './browser/volumes.js'
import type { Observer } from './engine/quality/observer.js'
import type { Reactions } from './engine/reactions.js'
import type { RemotePerson, RoomSnapshot } from './engine/room.js'
import type { Switcher } from './engine/switcher.js'
import type { Peer } from './engine/transport.js'
import type { CallTrust } from './engine/trust/call-trust.js'
import { chosenDevices, type Devices, talkSettings } from './media/devices.js'
import type { OwnMedia } from './media/own-media.js'
import type { OwnVoice } from './media/own-voice.js'
import type { Talk } from './media/talk.js'

export interface RoomParts {
  readonly transport: Pick<Switcher, 'peers' | 'trouble'>
  readonly observer: Observer
  readonly media: OwnMedia
  readonly talk: Talk
  readonly voice: OwnVoice
  readonly reactions: Pick<Reactions, 'of'>
  readonly trust: Pick<CallTrust, 'of' | 'code'>
}

/** What the parts of a call do not know themselves. */
export interface RoomState {
  readonly call: Call
  readonly me: string
  readonly deafened: boolean
  readonly hand: boolean
  readonly connectedAt: number
  readonly begunAt: number
  readonly devices: Devices
  readonly soundBlocked: boolean
}

/** Builds the snapshot that the window draws from the parts of a call. */
export class RoomLook {
  readonly #streams = new TrackStreams()

  constructor(private readonly parts: RoomParts) {}

  take({ call, me, deafened, hand, ...state }: RoomState): RoomSnapshot {
    const { transport, observer, media, talk, voice, trust } = this.parts
    return {
      ...state,
      call,
      people: transport.peers.map((peer) => this.#person(peer)),
      own: {
        microphone: talk.on && media.works('microphone'),
        microphoneTrouble: media.troubleOf('microphone'),
        cameraTrouble: media.troubleOf('camera'),
        open: talk.open && media.works('microphone'),
        pushToTalk: talkSettings.value.pushToTalk,
        camera: this.#streams.of('own camera', media.works('camera') ? media.track('camera') : null),
        screen: this.#streams.of('own screen', media.track('screen')),
        deafened,
        hand,
        reaction: this.parts.reactions.of(me),
        speaking: voice.speaking && talk.open && media.works('microphone'),
        cameraPaused: observer.cameraPaused,
      },
      chosen: chosenDevices.value,
      code: trust.code,
      wayTrouble: transport.trouble,
    }
  }

  #person(peer: Peer): RemotePerson {
    const { userId, deviceId, away, link, media, tracks } = peer
    const { stats, speaking } = this.parts.observer.of(deviceId)
    return {
      userId,
      deviceId,
      away,
      link: link.state,
      refusal: link.refusal,
      trust: this.parts.trust.of(peer),
      media,
      speaking: speaking && media.microphone,
      camera: this.#streams.of(`${deviceId} camera`, media.camera ? tracks.camera : undefined),
      screen: this.#streams.of(`${deviceId} screen`, media.screen ? tracks.screen : undefined),
      reaction: this.parts.reactions.of(userId),
      volume: volumeOf(userId),
      stats,
    }
  }
}
