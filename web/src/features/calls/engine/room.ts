import type { Call, IceServer } from '@beseda/proto/call/v1/call_service'
import type { Ref } from 'vue'

/** How one device reaches another. */
export type LinkState = 'connecting' | 'connected' | 'reconnecting'

/** What a participant says of their own devices, over the data channel. */
export interface MediaState {
  readonly microphone: boolean
  readonly camera: boolean
  readonly screen: boolean
  readonly deafened: boolean
}

/** One second of a link, from `getStats`. Rates in bits a second, times in ms, shares from 0 to 1. */
export interface LinkStats {
  /** 3 good, 2 fair, 1 poor, 0 no media. */
  readonly bars: 0 | 1 | 2 | 3
  readonly rttMs: number
  readonly jitterMs: number
  /** Packets lost, both ways together. */
  readonly loss: number
  readonly sentBps: number
  readonly receivedBps: number
  readonly video:
    | { readonly width: number; readonly height: number; readonly fps: number; readonly codec: string }
    | undefined
  readonly audioCodec: string
  /** Types of the chosen candidates, as in "relay", and the transport, as in "udp". */
  readonly local: string
  readonly remote: string
  readonly transport: string
}

/** Another participant, as the window shows them. */
export interface RemotePerson {
  readonly userId: string
  readonly deviceId: string
  /** Their lease ran out: the link waits for them. */
  readonly away: boolean
  readonly link: LinkState
  readonly media: MediaState
  readonly speaking: boolean
  readonly camera: MediaStream | undefined
  readonly screen: MediaStream | undefined
  /** 0 to 2; 1 as sent. */
  readonly volume: number
  readonly stats: LinkStats | undefined
}

/** This person. */
export interface OwnPerson {
  readonly microphone: boolean
  /** The microphone is open as long as the key is held. */
  readonly pushToTalk: boolean
  readonly camera: MediaStream | undefined
  readonly screen: MediaStream | undefined
  readonly deafened: boolean
  readonly speaking: boolean
  /** The camera was switched off so that the sound stays good. */
  readonly cameraPaused: boolean
}

export type DeviceKind = 'microphone' | 'camera' | 'speaker'

export interface DeviceChoice {
  readonly id: string
  readonly label: string
}

/** A call that this device takes part in: all that the window reads and does. `ActiveCall` is it. */
export interface CallRoom {
  readonly call: Readonly<Ref<Call>>
  /** The others, in the order in which they joined. */
  readonly people: Readonly<Ref<readonly RemotePerson[]>>
  readonly own: Readonly<Ref<OwnPerson>>
  /** When the first other one was connected, Unix ms; 0: nobody yet. */
  readonly connectedAt: Readonly<Ref<number>>
  readonly devices: Readonly<Ref<Readonly<Record<DeviceKind, readonly DeviceChoice[]>>>>
  /** Id of the device in use; empty: the system's own choice. */
  readonly chosen: Readonly<Ref<Readonly<Record<DeviceKind, string>>>>

  setMicrophone(on: boolean): void
  /** Push-to-talk: while held. */
  hold(held: boolean): void
  setPushToTalk(on: boolean): void
  /** Errors: those of getUserMedia. */
  setCamera(on: boolean): Promise<void>
  /** Errors: those of getDisplayMedia; a picker that was closed is no error. */
  setScreen(on: boolean): Promise<void>
  setDeafened(on: boolean): void
  setVolume(userId: string, volume: number): void
  choose(kind: DeviceKind, id: string): Promise<void>
  close(): void
}

/** What a room needs from its surroundings. */
export interface RoomAccess {
  readonly token: string
  readonly iceServers: readonly IceServer[]
}
