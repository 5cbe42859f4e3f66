const EVERY_MS = 2_500

/** Two soft tones again and again. A browser that allows no sound yet stays silent: the ringing is on the screen too. */
export class Ringer {
  #context: AudioContext | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  start(): void {
    try {
      this.#context = new AudioContext()
    } catch {
      return
    }
    this.#ring()
    this.#timer = setInterval(() => this.#ring(), EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    void this.#context?.close().catch(() => undefined)
    this.#context = undefined
  }

  #ring(): void {
    const context = this.#context
    if (context?.state !== 'running') return
    for (const [at, frequency] of [
      [0, 523],
      [0.22, 659],
    ] as const) {
      const tone = context.createOscillator()
      const volume = context.createGain()
      tone.frequency.value = frequency
      volume.gain.setValueAtTime(0.12, context.currentTime + at)
      volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + at + 0.4)
      tone.connect(volume).connect(context.destination)
      tone.start(context.currentTime + at)
      tone.stop(context.currentTime + at + 0.45)
    }
  }
}
