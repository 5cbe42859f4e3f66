import { Alarm, type Clock } from '../../../time/clock.js'
import { hear, SILENCE, type Voice } from '../engine/quality/speaking.js'
import { Meter } from './meter.js'

const LISTEN_MS = 150

/** Detects whether this person speaks into the current microphone. */
export class OwnVoice {
  #meter: Meter | undefined
  #voice: Voice = SILENCE
  readonly #alarm: Alarm

  constructor(
    private readonly clock: Clock,
    private readonly onChange: () => void,
  ) {
    this.#alarm = new Alarm(clock)
  }

  get speaking(): boolean {
    return this.#voice.speaking
  }

  follow(track: MediaStreamTrack | null): void {
    this.#meter?.close()
    this.#meter = track ? new Meter(track) : undefined
    if (track) this.#listen()
    else this.#alarm.clear()
  }

  close(): void {
    this.#alarm.clear()
    this.#meter?.close()
  }

  #listen(): void {
    this.#alarm.set(LISTEN_MS, () => this.#listen())
    const voice = hear(this.#voice, this.#meter?.level ?? 0, this.clock.now())
    const changed = voice.speaking !== this.#voice.speaking
    this.#voice = voice
    if (changed) this.onChange()
  }
}
