/** The same stream for the same track: a video element that gets another one flickers. */
export class TrackStreams {
  readonly #streams = new Map<string, MediaStream>()

  /** `key`: whose track it is, and what it shows. */
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
