import { setTimeout as pause } from 'node:timers/promises'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { letterText } from '../domain/letter-text.js'
import { isWorthSending } from '../domain/patience.js'
import {
  type Fate,
  LetterRefused,
  type MailObserver,
  type Postman,
  type Queue,
  type Recipients,
  type Taken,
} from './ports.js'

/** How often the queue is told that a letter is still being sent, a fraction of the time after which it is handed to somebody else. */
const KEEP_MS = 45_000
/** After an error of the bus. */
const REST_MS = 1_000

export interface DeliveryDeps {
  readonly queue: Queue
  /** Letters that are sent at the same time. */
  readonly atOnce: number
  readonly recipients: Recipients
  readonly postman: Postman
  readonly observer: MailObserver
  readonly publicUrl: string
  /** Unix ms. */
  readonly now: () => number
  /** How long a letter waits that has failed this many times, ms. */
  readonly waitAfter: (failures: number) => number
}

/**
 * Works off a queue. A letter leaves it when the SMTP server has taken it, so that none is lost; one that was taken a moment before the
 * process ended is sent again, with the same Message-ID.
 */
export class Delivery {
  constructor(private readonly deps: DeliveryDeps) {}

  /** Until the signal aborts; letters that are being sent then are finished. */
  async run(signal: AbortSignal): Promise<void> {
    const sending = new Set<Promise<void>>()
    while (!signal.aborted) {
      try {
        const taken = await this.deps.queue.next()
        if (!taken) continue
        const one = this.#deliver(taken).finally(() => sending.delete(one))
        sending.add(one)
        if (sending.size >= this.deps.atOnce) await Promise.race(sending)
      } catch (error) {
        this.deps.observer.interrupted(error)
        // The end of the process ends the rest.
        await pause(REST_MS, undefined, { signal }).catch(() => undefined)
      }
    }
    await Promise.all(sending)
  }

  /** Never fails: a letter that the queue could not let go comes again. */
  async #deliver(taken: Taken): Promise<void> {
    const { observer, waitAfter } = this.deps
    const alive = setInterval(() => taken.keep(), KEEP_MS)
    try {
      const { fate, error } = await this.#send(taken)
      await taken.done()
      observer.letter(taken.letter, fate, error)
    } catch (error) {
      observer.letter(taken.letter, 'failed', error)
      taken.later(waitAfter(taken.failures + 1))
    } finally {
      clearInterval(alive)
    }
  }

  async #send({ letter }: Taken): Promise<{ readonly fate: Fate; readonly error?: unknown }> {
    const { recipients, postman, publicUrl, now } = this.deps
    const writtenAt = letter.writtenAt ? timestampMs(letter.writtenAt) : 0
    if (!isWorthSending(letter.kind, writtenAt, now())) return { fate: 'late' }
    const recipient = await recipients.of(letter)
    const text = recipient && letterText(letter, recipient, writtenAt, publicUrl)
    if (!text) return { fate: 'needless' }
    try {
      await postman.send(letter, recipient.address, text)
      return { fate: 'sent' }
    } catch (error) {
      if (error instanceof LetterRefused) return { fate: 'refused', error }
      throw error
    }
  }
}
