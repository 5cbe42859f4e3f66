import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Clock } from '../../../time/clock.js'
import type { Piece } from './piece-store.js'

/** Between two attempts. Longer: what a short cut has delayed comes late; shorter: a server that is away is asked for nothing. */
const RETRY_MS = 1_500

export interface UploaderParts {
  readonly clock: Pick<Clock, 'after'>
  /** Keeps pieces over a reload. One that cannot be kept is in memory only. */
  readonly store: { put(piece: Piece): Promise<void>; remove(piece: Piece): Promise<void> }
  send(piece: Piece): Promise<void>
  /** Whether the recording goes on, as far as this device knows: a server that does not know it has lost its memory, and learns of it again. */
  goesOn(): boolean
  reasonOf(error: unknown): ErrorReason
  retryAfterMs(error: unknown): number
  onChange(): void
}

/** The server will never take the piece: the recording is too large or too long, or there is no room for it. */
const FINAL: readonly ErrorReason[] = [
  ErrorReason.BAD_FILE,
  ErrorReason.RECORDING_GAP,
  ErrorReason.TOO_LARGE,
  ErrorReason.NO_ROOM,
  ErrorReason.UPLOADS_USED_UP,
  ErrorReason.UNAUTHENTICATED,
]

/** Sends the pieces of a recording in their order, each until the server has it. */
export class Uploader {
  readonly #waiting: Piece[] = []
  #sending: Promise<void> | undefined
  #refusal: ErrorReason | undefined

  constructor(private readonly parts: UploaderParts) {}

  /** Pieces that the server does not have yet. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Why the server refuses further pieces; undefined: it takes them. */
  get refusal(): ErrorReason | undefined {
    return this.#refusal
  }

  add(piece: Piece): void {
    if (this.#refusal !== undefined) return
    this.#waiting.push(piece)
    // Storage is full or blocked: a reload loses it.
    void this.parts.store.put(piece).catch(() => undefined)
    this.#sending ??= this.#send()
    this.parts.onChange()
  }

  /** Resolves when everything was sent, or the server takes no more. */
  async settled(): Promise<void> {
    await this.#sending
  }

  async #send(): Promise<void> {
    for (let piece = this.#waiting[0]; piece; piece = this.#waiting[0]) {
      try {
        await this.parts.send(piece)
        await this.#done(piece)
      } catch (error) {
        const reason = this.parts.reasonOf(error)
        const isOver = reason === ErrorReason.RECORDING_NOT_FOUND && !this.parts.goesOn()
        if (isOver || FINAL.includes(reason)) await this.#giveUp(reason)
        else await this.#pause(Math.max(RETRY_MS, this.parts.retryAfterMs(error)))
      }
      this.parts.onChange()
    }
    this.#sending = undefined
  }

  async #giveUp(reason: ErrorReason): Promise<void> {
    this.#refusal = reason
    for (const piece of [...this.#waiting]) await this.#done(piece)
  }

  async #done(piece: Piece): Promise<void> {
    this.#waiting.splice(this.#waiting.indexOf(piece), 1)
    // It was not stored.
    await this.parts.store.remove(piece).catch(() => undefined)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.parts.clock.after(ms, resolve)
    })
  }
}
