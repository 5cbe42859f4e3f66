import { type LocalTrackPublication, type Room, Track, type TrackPublishOptions } from 'livekit-client'
import { handled } from '../../../../diagnostics/log.js'
import { KIND_OF, SLOTS, type Slot } from '../media-state.js'
import { Outlet } from './outlet.js'

export const SOURCES: Readonly<Record<Slot, Track.Source>> = {
  microphone: Track.Source.Microphone,
  camera: Track.Source.Camera,
  screen: Track.Source.ScreenShare,
  screenSound: Track.Source.ScreenShareAudio,
}

/** Sound comes first: what a person shows is sent in up to three sizes, of which the SFU passes on what others have room for. */
const OPTIONS: Readonly<Record<Slot, TrackPublishOptions>> = {
  microphone: { dtx: true, red: false, audioPreset: { maxBitrate: 32_000, priority: 'high' } },
  camera: { simulcast: true, videoCodec: 'vp8', videoEncoding: { maxBitrate: 1_200_000, maxFramerate: 24 } },
  screen: { simulcast: true, videoCodec: 'vp8', screenShareEncoding: { maxBitrate: 2_000_000, maxFramerate: 15 } },
  screenSound: { dtx: false, red: false, audioPreset: { maxBitrate: 64_000 } },
}

interface Published {
  readonly publication: LocalTrackPublication
  readonly outlet: Outlet | undefined
  /** What is sent: never the person's own track, which livekit-client would end with the room. */
  readonly sent: MediaStreamTrack
  readonly of: MediaStreamTrack
}

/** What this device sends into a room: the current track of each slot, one change after another. */
export class Publisher {
  readonly #published = new Map<Slot, Published>()
  #chain: Promise<unknown> = Promise.resolve()
  #closed = false
  #pauses = false
  /** Rises with each loss of the room. */
  #round = 0

  constructor(
    private readonly room: Room,
    private readonly track: (slot: Slot) => MediaStreamTrack | null,
  ) {}

  /** Sends all that there is, and is not sent yet. */
  async start(): Promise<void> {
    this.#pauses = false
    await Promise.all(SLOTS.map((slot) => this.put(slot)))
  }

  /** The track of this slot is another one. */
  put(slot: Slot): Promise<void> {
    return this.#queue(() => this.#put(slot))
  }

  /** Takes back all that is sent, until `start`. */
  async pause(): Promise<void> {
    this.#pauses = true
    // What is still sent until the room has taken it back is nothing. It is taken back also when a start comes before that: it has ended.
    const ended = [...this.#published.values()]
    this.#published.clear()
    for (const published of ended) end(published)
    await Promise.all([
      ...ended.map((published) => this.#queue(() => this.#withdraw(published))),
      ...SLOTS.map((slot) => this.put(slot)),
    ])
  }

  /** The room is lost: nothing is sent any more, until `start`. */
  stop(): void {
    this.#round += 1
    this.#chain = Promise.resolve()
    for (const published of this.#published.values()) end(published)
    this.#published.clear()
  }

  close(): void {
    this.#closed = true
    this.stop()
  }

  /** What was meant for a room that is lost is not done in the next one. */
  #queue(work: () => Promise<void>): Promise<void> {
    const round = this.#round
    const done = this.#chain
      .then(() => (round === this.#round ? work() : undefined))
      .catch(handled('calls.track', 'MEDIA_FAILED'))
    this.#chain = done
    return done
  }

  async #put(slot: Slot): Promise<void> {
    const before = this.#published.get(slot)
    const track = this.#pauses ? null : this.track(slot)
    if (this.#closed || before?.of === (track ?? undefined)) return
    if (before && track && before.outlet) {
      before.outlet.follow(track)
      this.#published.set(slot, { ...before, of: track })
      return
    }
    if (before) {
      this.#published.delete(slot)
      await this.#withdraw(before)
    }
    if (!track || this.#closed) return
    const outlet = KIND_OF[slot] === 'audio' ? new Outlet() : undefined
    outlet?.follow(track)
    const sent = outlet?.track ?? track.clone()
    const round = this.#round
    try {
      const publication = await this.room.localParticipant.publishTrack(sent, {
        ...OPTIONS[slot],
        source: SOURCES[slot],
      })
      const published = { publication, outlet, sent, of: track }
      // The room was lost meanwhile, and livekit-client has waited until it was there again: it is sent by what came after.
      if (round !== this.#round) await this.#withdraw(published)
      else this.#published.set(slot, published)
    } catch (error) {
      end({ outlet, sent })
      throw error
    }
  }

  async #withdraw(published: Published): Promise<void> {
    end(published)
    const { track } = published.publication
    if (track) await this.room.localParticipant.unpublishTrack(track, false)
  }
}

function end({ outlet, sent }: Pick<Published, 'outlet' | 'sent'>): void {
  outlet?.close()
  sent.stop()
}
