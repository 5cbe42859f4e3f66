interface Source {
  readonly node: MediaStreamAudioSourceNode
  readonly element: HTMLAudioElement
}

/** One track of everybody's sound. */
export class SoundMix {
  readonly #context = new AudioContext()
  readonly #out = this.#context.createMediaStreamDestination()
  readonly #sources = new Map<string, Source>()

  get track(): MediaStreamTrack {
    const [track] = this.#out.stream.getAudioTracks()
    if (!track) throw new Error('this browser mixes no sound')
    return track
  }

  /** Mixes exactly these tracks. */
  hear(tracks: readonly MediaStreamTrack[]): void {
    for (const [id, source] of this.#sources) if (!tracks.some((track) => track.id === id)) this.#drop(id, source)
    for (const track of tracks) {
      if (this.#sources.has(track.id)) continue
      const stream = new MediaStream([track])
      // Chromium passes a remote track to Web Audio only while an element plays it.
      const element = new Audio()
      element.muted = true
      element.srcObject = stream
      // A muted element may always play; `play` rejects when the track ends before it starts.
      void element.play().catch(() => undefined)
      const node = this.#context.createMediaStreamSource(stream)
      node.connect(this.#out)
      this.#sources.set(track.id, { node, element })
    }
  }

  async start(): Promise<void> {
    await this.#context.resume()
  }

  close(): void {
    this.hear([])
    // Closed already.
    void this.#context.close().catch(() => undefined)
  }

  #drop(id: string, { node, element }: Source): void {
    node.disconnect()
    element.srcObject = null
    this.#sources.delete(id)
  }
}
