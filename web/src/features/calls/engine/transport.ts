import type { Call } from '@beseda/proto/call/v1/call_service'
import type { IncomingSignal, SignalRefused } from '@beseda/proto/gateway/v1/frames'
import type { Attendee } from './attendance.js'
import type { MediaState, Slot } from './media-state.js'
import type { StatsReport } from './quality/stats.js'
import type { Reaction } from './reactions.js'
import type { PeerKey } from './trust/link-guard.js'
import type { Refusal } from './trust/refusal.js'

export type LinkState = 'connecting' | 'connected' | 'reconnecting'

/** The way between this device and another one, over whatever it leads. */
export interface Link {
  readonly state: LinkState
  /** Why there is no connection; undefined: nobody has refused one. */
  readonly refusal: Refusal | undefined
  /** The key that the other device has proved to have; undefined: none yet. */
  readonly peerKey: PeerKey | undefined
  /** Loudness of the other voice now, 0 to 1. */
  readonly level: number
  /** The other voice arrives here, whether it says something or not. */
  readonly flows: boolean
  /** Undefined: there is nothing to measure now. */
  report(): Promise<StatsReport | undefined>
  /** The own sender of a slot; a link without this leaves it to others how much is sent. */
  sender?(slot: Slot): RTCRtpSender | undefined
}

/** Another device, and the media received from it. */
export interface Peer extends Attendee {
  readonly link: Link
  readonly media: MediaState
  readonly tracks: Readonly<Partial<Record<Slot, MediaStreamTrack>>>
}

/** Why nobody is connected through the SFU that the call is on. */
export type WayTrouble = 'unsupported' | 'unreachable'

/** Carries the media between this device and all others in a call. */
export interface Transport {
  /** In the order in which they joined. */
  readonly peers: readonly Peer[]
  /** Applies a new call state. */
  update(call: Pick<Call, 'participants' | 'away' | 'sfu'>): void
  receive(signal: IncomingSignal): void
  refused(refusal: SignalRefused): void
  /** The connection to a gateway is back. */
  signallingBack(): void
  networkChanged(): void
  /** There is newer access to the call. */
  serversChanged(): void
  /** The person here has accepted new keys of somebody. */
  tryAgain(userId: string): void
  /** Puts another track, or none, into one of the own slots. */
  setTrack(slot: Slot, track: MediaStreamTrack | null): Promise<void>
  say(media: MediaState): void
  react(reaction: Reaction): void
  close(): void
}
