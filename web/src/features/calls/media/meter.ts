/** Loudness of a track, 0 to 1 (root mean square), measured on each call. */
export class Meter {
  readonly #context = new AudioContext()
  readonly #analyser: AnalyserNode
  readonly #source: MediaStreamAudioSourceNode
  readonly #samples: Float32Array<ArrayBuffer>

  constructor(track: MediaStreamTrack) {
    this.#analyser = this.#context.createAnalyser()
    this.#analyser.fftSize = 1024
    this.#samples = new Float32Array(this.#analyser.fftSize)
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]))
    this.#source.connect(this.#analyser)
    // Closed before it began: the meter shows nothing.
    void this.#context.resume().catch(() => undefined)
  }

  get level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples)
    const sum = this.#samples.reduce((total, sample) => total + sample * sample, 0)
    return Math.sqrt(sum / this.#samples.length)
  }

  close(): void {
    this.#source.disconnect()
    // Closed already.
    void this.#context.close().catch(() => undefined)
  }
}

/** A level as a share of a meter's length: from -60 dB (empty) to -6 dB (full). */
export const meterShare = (level: number): number =>
  level <= 0 ? 0 : Math.min(1, Math.max(0, (20 * Math.log10(level) + 60) / 54))
