import { locks } from '../../../browser.js'

const EVERY_MS = 2_500

/**
 * Plays two soft tones repeatedly, in one of several windows. A browser that allows no sound yet stays silent: the ringing is also
 * on the screen.
 */
export class Ringer {
  #context: AudioContext | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  readonly #over = new AbortController()

  start(): void {
    try {
      this.#context = new AudioContext()
    } catch {
      // A device without sound: the ringing is on the screen.
      return
    }
    // Only a window that may play sound waits for the lock.
    this.#context
      .resume()
      .then(() => this.#inTurn())
      // The context was closed while it waited: the ringing is over.
      .catch(() => undefined)
  }

  stop(): void {
    this.#over.abort()
    clearInterval(this.#timer)
    // Closed already.
    void this.#context?.close().catch(() => undefined)
    this.#context = undefined
  }

  async #inTurn(): Promise<void> {
    const { signal } = this.#over
    const untilOver = () =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
        this.#ring()
        this.#timer = setInterval(() => this.#ring(), EVERY_MS)
      })
    await (locks ? locks.request('beseda.ringing', { signal }, untilOver) : untilOver())
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
