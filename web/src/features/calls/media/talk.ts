import { Alarm, type Clock } from '../../../time/clock.js'

/** How long the microphone stays open after the key was released, so that the end of a word is not cut off. */
export const MAX_RELEASE_MS = 2_000

export interface TalkSettings {
  readonly pushToTalk: boolean
  readonly releaseMs: number
}

/**
 * Whether the microphone is open. Without push-to-talk: as switched, and holding the key opens a muted one. With
 * it: only while the key is held, and a moment longer.
 */
export class Talk {
  #on = true
  #held = false
  readonly #release: Alarm

  constructor(
    clock: Clock,
    private readonly settings: () => TalkSettings,
    private readonly onOpen: (open: boolean) => void,
  ) {
    this.#release = new Alarm(clock)
  }

  /** What the microphone button shows. */
  get on(): boolean {
    return this.#on
  }

  get open(): boolean {
    return this.settings().pushToTalk ? this.#on && this.#held : this.#on || this.#held
  }

  set(on: boolean): void {
    this.#on = on
    this.onOpen(this.open)
  }

  hold(held: boolean): void {
    this.#release.clear()
    const letGo = () => {
      this.#held = held
      this.onOpen(this.open)
    }
    const wait = this.settings().pushToTalk ? Math.min(MAX_RELEASE_MS, this.settings().releaseMs) : 0
    if (held || wait === 0) letGo()
    else this.#release.set(wait, letGo)
  }

  /** The settings have changed. */
  refresh(): void {
    this.onOpen(this.open)
  }

  close(): void {
    this.#release.clear()
  }
}
