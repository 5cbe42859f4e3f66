import { handled } from '../../diagnostics/log.js'

let context: AudioContext | undefined

/** Plays two soft notes. Stays silent where the browser does not allow sound yet. */
export function playNotice(): void {
  try {
    context ??= new AudioContext()
  } catch {
    // A device without sound: the message is on the screen.
    return
  }
  if (context.state === 'suspended') void context.resume().catch(handled('notifications.sound'))
  if (context.state !== 'running') return
  note(context, 0, 784)
  note(context, 0.11, 1047)
}

function note(on: AudioContext, after: number, frequency: number): void {
  const at = on.currentTime + after
  const tone = on.createOscillator()
  const volume = on.createGain()
  tone.type = 'sine'
  tone.frequency.value = frequency
  volume.gain.setValueAtTime(0, at)
  volume.gain.linearRampToValueAtTime(0.1, at + 0.01)
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.35)
  tone.connect(volume).connect(on.destination)
  tone.start(at)
  tone.stop(at + 0.4)
}
