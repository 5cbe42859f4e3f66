import type { Call } from '@beseda/proto/call/v1/call_service'
import type { Trust } from '../../../keys/known-person.js'
import type { DeviceKind, Devices } from '../media/devices.js'
import type { Trouble } from '../media/open-device.js'
import type { MediaState } from './media-state.js'
import type { LinkStats } from './quality/stats.js'
import type { Reaction, ShownReaction } from './reactions.js'
import type { LinkState, WayTrouble } from './transport.js'
import type { Refusal } from './trust/refusal.js'

/** Another participant, as the window shows them. */
export interface RemotePerson {
  readonly userId: string
  readonly deviceId: string
  /** Their lease expired: the link waits for them. */
  readonly away: boolean
  readonly link: LinkState
  /** Why there is no connection: one of the two devices does not believe the other. */
  readonly refusal: Refusal | undefined
  /** How far the key of their device is trusted; undefined: it is not known yet. */
  readonly trust: Trust | undefined
  readonly media: MediaState
  readonly speaking: boolean
  readonly camera: MediaStream | undefined
  readonly screen: MediaStream | undefined
  readonly reaction: ShownReaction | undefined
  /** 0 to 2; 1 is the original volume. */
  readonly volume: number
  readonly stats: LinkStats | undefined
}

/** This person. */
export interface OwnPerson {
  /** As switched, if it works; see `open` for whether it is open. */
  readonly microphone: boolean
  /** Why nobody can hear this person; undefined: the microphone works, or is being opened. */
  readonly microphoneTrouble: Trouble | undefined
  /** Why nobody can see this person, who wants to be seen. */
  readonly cameraTrouble: Trouble | undefined
  readonly open: boolean
  /** The microphone is open while the key is held. */
  readonly pushToTalk: boolean
  readonly camera: MediaStream | undefined
  readonly screen: MediaStream | undefined
  readonly deafened: boolean
  /** The person wants to say something. */
  readonly hand: boolean
  readonly reaction: ShownReaction | undefined
  readonly speaking: boolean
  /** The camera sends nothing at the moment, to keep the audio good. */
  readonly cameraPaused: boolean
}

/** A snapshot of a call that this device takes part in. */
export interface RoomSnapshot {
  readonly call: Call
  /** The others, in the order in which they joined. */
  readonly people: readonly RemotePerson[]
  readonly own: OwnPerson
  /** When the first other participant connected, Unix ms; 0: not yet. */
  readonly connectedAt: number
  /** Since when the call goes on: what the server says, in Unix ms of this device's clock; 0: nobody has answered. */
  readonly begunAt: number
  readonly devices: Devices
  /** Id of the device in use; empty: the system's default. */
  readonly chosen: Readonly<Record<DeviceKind, string>>
  /** Groups of digits to compare; undefined while somebody is not connected. */
  readonly code: readonly string[] | undefined
  /** The browser blocks sound until the person touches the page. */
  readonly soundBlocked: boolean
  readonly wayTrouble: WayTrouble | undefined
}

/** Actions of the window on a call. */
export interface RoomIntents {
  setMicrophone(on: boolean): void
  /** While the key is held. */
  hold(held: boolean): void
  setPushToTalk(on: boolean): void
  /** Errors: those of getUserMedia. */
  setCamera(on: boolean): Promise<void>
  /** Errors: those of getDisplayMedia; a picker that was closed is no error. */
  setScreen(on: boolean): Promise<void>
  setDeafened(on: boolean): void
  setHand(raised: boolean): void
  react(reaction: Reaction): void
  setVolume(userId: string, volume: number): void
  /** Errors: those of getUserMedia and setSinkId. */
  choose(kind: DeviceKind, id: string): Promise<void>
  /** The new key of this person is theirs, says the person here. */
  acceptKey(userId: string): void
  /** Everybody sees the same code. */
  confirmCode(): void
  /** After a touch: starts the blocked sound. */
  letSoundOut(): void
}
