import { Semaphore } from '@beseda/async'
import { type SealKey, sealsOf } from '@beseda/client-protocol/sealed'
import { unpackSpeech } from '@beseda/client-protocol/speech'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { captionText } from '../domain/caption-text.js'
import type { CallTickets, CaptionObserver, CaptionResult, Speaker, SpeechEngine } from './ports.js'

/** Text that comes later is no caption any more. */
const LATE_MS = 5_000
/** Pieces that wait for each one that runs: more would be late. */
const WAITING_EACH = 4
/** Of one person at a time, however many devices they have: one that runs and one that waits. */
const MOST_OF_ONE = 2

export interface Utterance {
  readonly callToken: string
  readonly language: string
  readonly publicKey: Uint8Array
  readonly sealed: Uint8Array
}

export interface CaptionsOptions {
  readonly key: SealKey
  /** Pieces that the engine takes at one time. */
  readonly parallel: number
  /** Milliseconds of a clock that never goes back. */
  now(): number
}

/** What has waited this long is too old to be read. */
const RETRY_AFTER_MS = 1_000

/** Gives pieces of sound to the engine, and their text to the device that has spoken. Keeps nothing. */
export class Captions {
  readonly #places: Semaphore
  readonly #running = new Map<string, number>()

  constructor(
    private readonly engine: SpeechEngine,
    private readonly tickets: CallTickets,
    private readonly observer: CaptionObserver,
    private readonly options: CaptionsOptions,
  ) {
    const { parallel } = options
    this.#places = new Semaphore({ permits: parallel, queueLimit: parallel * WAITING_EACH })
  }

  get publicKey(): Uint8Array {
    return this.options.key.publicKey
  }

  /** The sealed text. Errors: UNAUTHENTICATED, TOKEN_EXPIRED, BAD_DEVICE_KEY, RATE_LIMITED, UNAVAILABLE. */
  async transcribe(utterance: Utterance, speaker: Speaker, signal: AbortSignal): Promise<Uint8Array> {
    const cameAt = this.options.now()
    await this.tickets.check(utterance.callToken, speaker)
    const { sound, answered } = await this.#open(utterance)
    const text = await this.#inTurn(speaker.userId, cameAt, (leftMs) =>
      this.engine.text(sound, utterance.language, AbortSignal.any([signal, AbortSignal.timeout(leftMs)])),
    )
    return answered.seal(new TextEncoder().encode(text))
  }

  async #open({ publicKey, sealed }: Utterance) {
    try {
      const device = Uint8Array.from(publicKey)
      const seals = await sealsOf(crypto, this.options.key, { device, service: this.options.key.publicKey })
      return { sound: unpackSpeech(await seals.asked.open(Uint8Array.from(sealed))), answered: seals.answered }
    } catch {
      // Sealed for the key of a process before this one, or no key at all: the device asks for the new one.
      throw new Refusal(ErrorReason.BAD_DEVICE_KEY)
    }
  }

  async #inTurn(userId: string, cameAt: number, work: (leftMs: number) => Promise<string>): Promise<string> {
    const told = (result: CaptionResult) => this.observer.transcribed(result, this.options.now() - cameAt)
    const busy = () => {
      told('busy')
      return new Refusal(ErrorReason.RATE_LIMITED, {}, RETRY_AFTER_MS)
    }
    const own = this.#running.get(userId) ?? 0
    if (this.#places.full || own >= MOST_OF_ONE) throw busy()
    this.#running.set(userId, own + 1)
    try {
      return await this.#places.run(async () => {
        const leftMs = Math.ceil(LATE_MS - (this.options.now() - cameAt))
        if (leftMs <= 0) throw busy()
        try {
          const text = captionText(await work(leftMs))
          told(text === '' ? 'empty' : 'text')
          return text
        } catch {
          // What the engine says of it may hold what was said: it is counted, and goes nowhere.
          told('failed')
          throw new Refusal(ErrorReason.UNAVAILABLE)
        }
      })
    } finally {
      const left = (this.#running.get(userId) ?? 1) - 1
      if (left > 0) this.#running.set(userId, left)
      else this.#running.delete(userId)
    }
  }
}
