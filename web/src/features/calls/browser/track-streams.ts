/** Returns the same stream for the same track: a video element flickers when its stream is replaced. */
export class TrackStreams {
  readonly #streams = new Map<string, MediaStream>()

  /** `key`: the owner of the track, and its slot. */
  of(key: string, track: MediaStreamTrack | null | undefined): MediaStream | undefined {
    const known = this.#streams.get(key)
    if (!track) {
      this.#streams.delete(key)
      return undefined
    }
    if (known?.getTracks()[0] === track) return known
    const stream = new MediaStream([track])
    this.#streams.set(key, stream)
    return stream
  }
}
