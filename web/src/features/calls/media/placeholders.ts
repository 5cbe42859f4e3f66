import { KIND_OF, SLOTS, type Slot } from '../engine/media-state.js'

export interface Placeholder {
  readonly slot: Slot
  readonly track: MediaStreamTrack
  readonly stream: MediaStream
}

/** Silent and black tracks: every sender is created with one, and a real track replaces it later. */
export class Placeholders {
  readonly all: readonly Placeholder[]
  readonly #context = new AudioContext()

  constructor() {
    const streams = { face: new MediaStream(), screen: new MediaStream() }
    this.all = SLOTS.map((slot) => ({
      slot,
      track: KIND_OF[slot] === 'audio' ? this.#silent() : dark(),
      stream: slot === 'screen' || slot === 'screenSound' ? streams.screen : streams.face,
    }))
  }

  close(): void {
    for (const { track } of this.all) track.stop()
    // Closed already.
    void this.#context.close().catch(() => undefined)
  }

  #silent(): MediaStreamTrack {
    const [track] = this.#context.createMediaStreamDestination().stream.getAudioTracks()
    if (!track) throw new Error('this browser cannot create an audio track')
    return track
  }
}

function dark(): MediaStreamTrack {
  const canvas = document.createElement('canvas')
  canvas.width = 16
  canvas.height = 16
  canvas.getContext('2d')?.fillRect(0, 0, 16, 16)
  const [track] = canvas.captureStream(0).getVideoTracks()
  if (!track) throw new Error('this browser cannot create a video track')
  return track
}
