import { handled } from '../../../diagnostics/log.js'

/** Longer than both tones. */
const CLOSE_MS = 1_000

/** Two short tones: the call is being recorded. A browser that allows no sound stays silent: it is on the screen, too. */
export function tone(): void {
  try {
    const context = new AudioContext()
    const volume = context.createGain()
    volume.gain.value = 0.08
    volume.connect(context.destination)
    for (const [at, frequency] of [
      [0, 880],
      [0.18, 660],
    ] as const) {
      const sound = context.createOscillator()
      sound.frequency.value = frequency
      sound.connect(volume)
      sound.start(context.currentTime + at)
      sound.stop(context.currentTime + at + 0.12)
    }
    // By time: where the browser allows no sound, a tone never ends.
    setTimeout(() => void context.close().catch(handled('calls.tone')), CLOSE_MS)
  } catch {
    // A device without sound.
  }
}
