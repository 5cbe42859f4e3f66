import wrtc from '@roamhq/wrtc'
import { SLOTS, type Slot } from '../../web/src/features/calls/engine/media-state.js'
import type { OwnTracks } from '../../web/src/features/calls/engine/peer/peer-link.js'

const { RTCAudioSink, RTCAudioSource, RTCVideoSource } = wrtc.nonstandard
const RATE = 48_000
/** libwebrtc takes sound in frames of 10 ms. */
const PIECE = RATE / 100
const LOUD = 8_000

/** A participant who sends one tone, and no video. */
export class Voice implements OwnTracks {
  readonly placeholders: OwnTracks['placeholders']
  readonly #microphone: MediaStreamTrack
  readonly #source = new RTCAudioSource()
  #timer: NodeJS.Timeout | undefined
  #said = 0

  constructor(readonly hz: number) {
    this.#microphone = this.#source.createTrack()
    const tracks: Readonly<Record<Slot, MediaStreamTrack>> = {
      microphone: this.#microphone,
      camera: new RTCVideoSource().createTrack(),
      screen: new RTCVideoSource().createTrack(),
      screenSound: new RTCAudioSource().createTrack(),
    }
    this.placeholders = SLOTS.map((slot) => ({
      slot,
      track: tracks[slot],
      stream: new wrtc.MediaStream([tracks[slot]]),
    }))
  }

  speak(): void {
    const began = performance.now()
    this.#said = 0
    this.#timer = setInterval(() => {
      while (this.#said < (performance.now() - began) * (RATE / 1_000)) this.#source.onData(this.#piece())
    }, 10)
  }

  pause(): void {
    clearInterval(this.#timer)
  }

  track(slot: Slot): MediaStreamTrack | null {
    return slot === 'microphone' ? this.#microphone : null
  }

  stop(): void {
    this.pause()
    for (const { track } of this.placeholders) track.stop()
  }

  #piece() {
    const samples = Int16Array.from({ length: PIECE }, (_, i) =>
      Math.round(LOUD * Math.sin((2 * Math.PI * this.hz * (this.#said + i)) / RATE)),
    )
    this.#said += PIECE
    return { samples, sampleRate: RATE, bitsPerSample: 16, channelCount: 1, numberOfFrames: PIECE }
  }
}

/** Consecutive frames that must sound alike: a third of a second. */
const CERTAIN = 33

/** Listens to one track. */
export class Ear {
  readonly #sink: InstanceType<typeof RTCAudioSink>
  #alike = 0
  #hz = 0
  /** When something was last heard, `performance.now()`. */
  heardAt = 0

  constructor(readonly track: MediaStreamTrack) {
    this.#sink = new RTCAudioSink(track)
    this.#sink.ondata = ({ samples, sampleRate }: { samples: Int16Array; sampleRate: number }) => {
      const isLoud = samples.some((sample) => Math.abs(sample) > LOUD / 4)
      if (isLoud) this.heardAt = performance.now()
      const hz = isLoud ? crossings(samples) * (sampleRate / samples.length / 2) : 0
      this.#alike = Math.abs(hz - this.#hz) <= 100 ? this.#alike + 1 : 0
      // A single frame resolves the tone to 50 Hz only.
      this.#hz = this.#alike === 0 ? hz : this.#hz + (hz - this.#hz) / Math.min(this.#alike + 1, CERTAIN)
    }
  }

  /** Nothing but this tone. */
  hears(hz: number): boolean {
    return this.#alike >= CERTAIN && Math.abs(this.#hz - hz) < 30
  }

  stop(): void {
    this.#sink.stop()
  }
}

function crossings(samples: Int16Array): number {
  let count = 0
  for (let i = 1; i < samples.length; i++) {
    if ((samples[i] ?? 0) < 0 !== (samples[i - 1] ?? 0) < 0) count++
  }
  return count
}
