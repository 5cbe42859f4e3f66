/** The sound of one device. */
interface Voice {
  readonly gain: GainNode
  readonly sources: Map<string, Source>
}
interface Source {
  readonly node: MediaStreamAudioSourceNode
  readonly element: HTMLAudioElement
  readonly gain: GainNode
}

/** A voice that comes another way is heard on both until the new one has begun to play, and goes over in 20 ms. */
const OVERLAP_S = 0.1
const FADE_S = 0.02

/** All sound of a call: each device with its own volume, on the chosen speaker. */
export class Mixer {
  readonly #context = new AudioContext()
  readonly #master: GainNode
  readonly #voices = new Map<string, Voice>()
  /** Where a context cannot choose its speaker (Firefox), an element can. */
  #outlet: HTMLAudioElement | undefined

  constructor(private readonly onBlocked: (blocked: boolean) => void) {
    this.#master = this.#context.createGain()
    if ('setSinkId' in AudioContext.prototype) this.#master.connect(this.#context.destination)
    else {
      const way = this.#context.createMediaStreamDestination()
      this.#master.connect(way)
      this.#outlet = new Audio()
      this.#outlet.srcObject = way.stream
      // Not allowed before a gesture: `resume` tries again.
      void this.#outlet.play().catch(() => undefined)
    }
    this.#context.onstatechange = () => this.#tell()
    // After a reload nobody has touched the page yet: browsers block sound until somebody does.
    void this.resume()
    this.#tell()
  }

  /** Plays exactly these tracks of the device: new ones are added, the others are removed. */
  hear(deviceId: string, tracks: readonly MediaStreamTrack[]): void {
    const voice = this.#voice(deviceId)
    for (const [id, source] of voice.sources) {
      if (tracks.some((track) => track.id === id)) continue
      voice.sources.delete(id)
      this.#fade(source, tracks.length > 0)
    }
    for (const track of tracks) {
      if (voice.sources.has(track.id)) continue
      const stream = new MediaStream([track])
      // Chromium passes a remote track to Web Audio only while an element plays it.
      const element = new Audio()
      element.muted = true
      element.srcObject = stream
      // A muted element may always play; `play` rejects when the track ends before it starts.
      void element.play().catch(() => undefined)
      const node = this.#context.createMediaStreamSource(stream)
      const gain = this.#context.createGain()
      node.connect(gain).connect(voice.gain)
      voice.sources.set(track.id, { node, element, gain })
    }
  }

  /** 0 to 2; 1 is the original volume. */
  setVolume(deviceId: string, volume: number): void {
    this.#voice(deviceId).gain.gain.value = Math.min(2, Math.max(0, volume))
  }

  setDeafened(deafened: boolean): void {
    this.#master.gain.value = deafened ? 0 : 1
  }

  /** Empty: the system's default. Errors: those of setSinkId. */
  async setSpeaker(id: string): Promise<void> {
    if (this.#outlet) await this.#outlet.setSinkId?.(id)
    else await (this.#context as AudioContext & { setSinkId(id: string): Promise<void> }).setSinkId(id)
  }

  /** The device has left. */
  keep(deviceIds: readonly string[]): void {
    for (const deviceId of [...this.#voices.keys()]) if (!deviceIds.includes(deviceId)) this.#drop(deviceId)
  }

  /** After a gesture of the person the browser allows sound. */
  async resume(): Promise<void> {
    // Not allowed before a gesture: the state is reported below, and the person is asked for one.
    if (this.#context.state === 'suspended') await this.#context.resume().catch(() => undefined)
    // As above.
    await this.#outlet?.play().catch(() => undefined)
    this.#tell()
  }

  close(): void {
    this.#context.onstatechange = null
    this.keep([])
    // Closed already.
    void this.#context.close().catch(() => undefined)
  }

  #fade({ node, element, gain }: Source, isReplaced: boolean): void {
    const end = () => {
      node.disconnect()
      gain.disconnect()
      element.srcObject = null
    }
    if (!isReplaced) {
      end()
      return
    }
    const at = this.#context.currentTime + OVERLAP_S
    gain.gain.setValueAtTime(1, at)
    gain.gain.linearRampToValueAtTime(0, at + FADE_S)
    setTimeout(end, 1_000 * (OVERLAP_S + FADE_S))
  }

  #drop(deviceId: string): void {
    this.hear(deviceId, [])
    this.#voices.get(deviceId)?.gain.disconnect()
    this.#voices.delete(deviceId)
  }

  #tell(): void {
    this.onBlocked(this.#context.state === 'suspended')
  }

  #voice(deviceId: string): Voice {
    const known = this.#voices.get(deviceId)
    if (known) return known
    const voice: Voice = { gain: this.#context.createGain(), sources: new Map() }
    voice.gain.connect(this.#master)
    this.#voices.set(deviceId, voice)
    return voice
  }
}
