/**
 * A sound that is sent. livekit-client switches tracks on that it is given, also the microphone of somebody who is muted: it gets this one,
 * which is as silent as the track behind it, and stays the same when that changes.
 */
export class Outlet {
  readonly track: MediaStreamTrack
  readonly #context = new AudioContext()
  readonly #out = this.#context.createMediaStreamDestination()
  #source: MediaStreamAudioSourceNode | undefined

  constructor() {
    const [track] = this.#out.stream.getAudioTracks()
    if (!track) throw new Error('this browser cannot create an audio track')
    this.track = track
    // A page that captures sound may also make it.
    void this.#context.resume().catch(() => undefined)
  }

  follow(track: MediaStreamTrack): void {
    this.#source?.disconnect()
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]))
    this.#source.connect(this.#out)
  }

  close(): void {
    this.#source?.disconnect()
    this.track.stop()
    // Closed already.
    void this.#context.close().catch(() => undefined)
  }
}
