import type { Note } from '@beseda/rules'
import type { PushRow } from '../projections/queries.js'
import type { PushGateway, PushResult, PushTerms } from './ports.js'
import type { Subscriptions } from './subscriptions.js'

/** Requests to push services at one time, and how many may wait; beyond, the newest is not sent. */
const MAX_RUNNING = 64
const MAX_WAITING = 10_000
/** A push service that says when to come back is obeyed up to this; later nobody would want the push any more. */
const MAX_RETRY_MS = 30_000
const RETRY_MS = 2_000

export interface SenderEvents {
  pushed(result: PushResult['kind'] | 'dropped', why?: string): void
}

/** Sends notes to devices, with bounds on what is under way; a device that is gone is forgotten. */
export class Sender {
  readonly #waiting: (() => Promise<void>)[] = []
  #running = 0
  /** Wait for a push service that is not well. */
  #retrying = 0
  #stopped = false

  constructor(
    private readonly gateway: PushGateway,
    private readonly subscriptions: Pick<Subscriptions, 'end'>,
    private readonly events: SenderEvents,
  ) {}

  /** Does not wait for the push service. `again`: what is sent in its place when that failed; undefined: nothing any more. */
  send(device: PushRow, note: Note, terms: PushTerms, again = async (): Promise<Note | undefined> => note): void {
    if (this.#waiting.length + this.#retrying >= MAX_WAITING) this.events.pushed('dropped')
    else this.#enqueue(() => this.#deliver(device, note, terms, again))
  }

  /** One push now, and how it went. */
  async sendNow(device: PushRow, note: Note, terms: PushTerms): Promise<PushResult> {
    const result = await this.gateway.send(device, JSON.stringify(note), terms)
    await this.#settle(device, result)
    return result
  }

  stop(): void {
    this.#stopped = true
    this.#waiting.length = 0
  }

  async #deliver(device: PushRow, note: Note, terms: PushTerms, again: () => Promise<Note | undefined>): Promise<void> {
    const result = await this.gateway.send(device, JSON.stringify(note), terms)
    const retryMs = result.kind === 'failed' ? (result.retryAfterMs ?? RETRY_MS) : Number.POSITIVE_INFINITY
    if (retryMs > MAX_RETRY_MS) {
      await this.#settle(device, result)
      return
    }
    const retry = async () => {
      const present = await again()
      if (present) await this.sendNow(device, present, terms)
    }
    this.#retrying++
    setTimeout(() => {
      this.#retrying--
      this.#enqueue(retry)
    }, retryMs).unref()
  }

  async #settle({ user_id, session_id }: PushRow, result: PushResult): Promise<void> {
    this.events.pushed(result.kind, result.kind === 'failed' ? result.why : undefined)
    if (result.kind === 'gone') await this.subscriptions.end([{ userId: user_id, sessionId: session_id }])
  }

  #enqueue(job: () => Promise<void>): void {
    if (this.#stopped) return
    this.#waiting.push(job)
    this.#work()
  }

  #work(): void {
    while (this.#running < MAX_RUNNING) {
      const job = this.#waiting.shift()
      if (!job) return
      this.#running++
      job()
        .catch((error: unknown) => this.events.pushed('failed', String(error)))
        .finally(() => {
          this.#running--
          this.#work()
        })
    }
  }
}
