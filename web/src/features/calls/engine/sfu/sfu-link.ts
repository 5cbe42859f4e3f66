import { type RemoteParticipant, type RemoteTrackPublication, Track } from 'livekit-client'
import { SLOTS, type Slot } from '../media-state.js'
import type { StatsReport } from '../quality/stats.js'
import type { Link, LinkState } from '../transport.js'
import type { PeerKey } from '../trust/link-guard.js'
import type { Refusal } from '../trust/refusal.js'
import { SOURCES } from './publisher.js'

/** Set by livekit-client on a receiver and a sender whose frames pass through the encryption. */
const SEALED = 'lk_e2ee'
export const isSealed = (end: RTCRtpReceiver | RTCRtpSender | undefined): boolean => end !== undefined && SEALED in end

export interface SfuLinkParts {
  readonly participant: () => RemoteParticipant | undefined
  readonly isConnected: () => boolean
  readonly peerKey: () => PeerKey | undefined
  readonly refusal: () => Refusal | undefined
}

/** The way to another device through a room of an SFU. */
export class SfuLink implements Link {
  #wasConnected = false

  constructor(private readonly parts: SfuLinkParts) {}

  get state(): LinkState {
    const { participant, isConnected, peerKey } = this.parts
    if (isConnected() && participant() && peerKey()) {
      this.#wasConnected = true
      return 'connected'
    }
    return this.#wasConnected ? 'reconnecting' : 'connecting'
  }

  get refusal(): Refusal | undefined {
    return this.state === 'connected' ? undefined : this.parts.refusal()
  }

  get peerKey(): PeerKey | undefined {
    return this.parts.peerKey()
  }

  /** That device has a microphone in the room, which is passed on to here. */
  get hasVoice(): boolean {
    return this.#publication('microphone')?.track !== undefined
  }

  get level(): number {
    return this.#voice?.audioLevel ?? 0
  }

  get flows(): boolean {
    return this.#voice !== undefined
  }

  /** Only what is decrypted is played. */
  get tracks(): Readonly<Partial<Record<Slot, MediaStreamTrack>>> {
    if (this.state !== 'connected') return {}
    return Object.fromEntries(
      SLOTS.flatMap((slot) => {
        const track = this.#publication(slot)?.track
        return track && isSealed(track.receiver) ? [[slot, track.mediaStreamTrack]] : []
      }),
    )
  }

  /** Since when the voice is at this point; undefined: nothing has arrived. */
  get heardAt(): number | undefined {
    return this.#voice?.timestamp
  }

  async report(): Promise<StatsReport | undefined> {
    const tracks = SLOTS.flatMap((slot) => this.#publication(slot)?.track ?? [])
    // A receiver that has just ended has no statistics.
    const reports = await Promise.all(tracks.map((track) => track.receiver?.getStats().catch(() => undefined)))
    const entries = reports.flatMap((report) => [...((report as unknown as StatsReport | undefined) ?? [])])
    return entries.length > 0 ? new Map(entries) : undefined
  }

  get #voice(): RTCRtpSynchronizationSource | undefined {
    const receiver = this.#publication('microphone')?.track?.receiver
    return isSealed(receiver) ? receiver?.getSynchronizationSources()[0] : undefined
  }

  #publication(slot: Slot): RemoteTrackPublication | undefined {
    return this.parts.participant()?.getTrackPublication(SOURCES[slot]) as RemoteTrackPublication | undefined
  }
}

export const isPicture = ({ kind }: Pick<RemoteTrackPublication, 'kind'>): boolean => kind === Track.Kind.Video
