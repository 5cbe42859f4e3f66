import { type ShallowRef, shallowRef } from 'vue'
import type { CaptionEngine } from './engines/port.js'
import type { Said } from './messages.js'

export interface OwnCaptionsParts {
  say(said: Said): void
  /** The engine has stopped by itself, or could not begin. */
  onFailed(error: unknown): void
}
interface Wanted {
  readonly engine: CaptionEngine
  readonly track: MediaStreamTrack
  readonly language: string
}

/** The captions of what the person here says: an engine listens to their current microphone while somebody reads it. */
export class OwnCaptions {
  /** Something is listening. */
  readonly listening: ShallowRef<boolean> = shallowRef(false)
  #wanted: Wanted | undefined
  #open: Promise<{ close(): void } | undefined> = Promise.resolve(undefined)

  constructor(private readonly parts: OwnCaptionsParts) {}

  /** Undefined: nothing listens. The same again changes nothing. */
  follow(wanted: Wanted | undefined): void {
    const { engine, track, language } = this.#wanted ?? {}
    if (wanted?.engine === engine && wanted?.track === track && wanted?.language === language) return
    this.#wanted = wanted
    this.listening.value = wanted !== undefined
    this.#open = this.#open.then(async (before) => {
      before?.close()
      // Another one was wanted meanwhile.
      return wanted && wanted === this.#wanted ? this.#begin(wanted) : undefined
    })
  }

  close(): void {
    this.follow(undefined)
  }

  async #begin(wanted: Wanted): Promise<{ close(): void } | undefined> {
    const { engine, track, language } = wanted
    const failed = (error: unknown) => {
      if (wanted !== this.#wanted) return
      this.#wanted = undefined
      this.listening.value = false
      this.parts.onFailed(error)
    }
    try {
      return await engine.open(track, language, {
        onText: (text) => wanted === this.#wanted && this.parts.say({ text, language }),
        onFailed: failed,
      })
    } catch (error) {
      failed(error)
      return undefined
    }
  }
}
