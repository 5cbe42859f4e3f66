import type { Note } from '@beseda/rules'
import type { PushDevice } from '../domain/devices/push-device.js'
import type { NotifyObserver, PushGateway, PushResult, PushTerms } from './ports.js'
import type { PushSubscriptions } from './push-subscriptions.js'

/** Requests to push services at one time, and how many may wait; beyond that the newest push is dropped. */
const MAX_RUNNING = 64
const MAX_WAITING = 10_000
/** A push service that asks for a retry later than this gets none: by then nobody would want the push. */
const MAX_RETRY_MS = 30_000
const RETRY_MS = 2_000

/** Sends notes to devices, a bounded number at one time. A device that its push service no longer knows is unsubscribed. */
export class PushSender {
  readonly #waiting: (() => Promise<void>)[] = []
  #running = 0
  /** Pushes that wait for a push service to recover. */
  #retrying = 0
  #stopped = false

  constructor(
    private readonly gateway: PushGateway,
    private readonly subscriptions: Pick<PushSubscriptions, 'end'>,
    private readonly observer: Pick<NotifyObserver, 'pushed'>,
  ) {}

  /** Does not wait for the push service. `retryWith`: the note for the one retry after a failure; undefined: no retry. */
  send(
    device: PushDevice,
    note: Note,
    terms: PushTerms,
    retryWith = async (): Promise<Note | undefined> => note,
  ): void {
    if (this.#waiting.length + this.#retrying >= MAX_WAITING) this.observer.pushed('dropped')
    else this.#enqueue(() => this.#deliver(device, note, terms, retryWith))
  }

  /** Sends one push at once and gives its result. */
  async sendNow(device: PushDevice, note: Note, terms: PushTerms): Promise<PushResult> {
    const result = await this.gateway.send(device, JSON.stringify(note), terms)
    await this.#settle(device, result)
    return result
  }

  onApplicationShutdown(): void {
    this.#stopped = true
    this.#waiting.length = 0
  }

  async #deliver(
    device: PushDevice,
    note: Note,
    terms: PushTerms,
    retryWith: () => Promise<Note | undefined>,
  ): Promise<void> {
    const result = await this.gateway.send(device, JSON.stringify(note), terms)
    const retryMs = result.kind === 'failed' ? (result.retryAfterMs ?? RETRY_MS) : Number.POSITIVE_INFINITY
    if (retryMs > MAX_RETRY_MS) {
      await this.#settle(device, result)
      return
    }
    const retry = async () => {
      const present = await retryWith()
      if (present) await this.sendNow(device, present, terms)
    }
    this.#retrying++
    setTimeout(() => {
      this.#retrying--
      this.#enqueue(retry)
    }, retryMs).unref()
  }

  async #settle(device: PushDevice, result: PushResult): Promise<void> {
    this.observer.pushed(result.kind, result.kind === 'failed' ? result.why : undefined)
    if (result.kind === 'gone') await this.subscriptions.end([device])
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
        .catch((error: unknown) => this.observer.pushed('failed', String(error)))
        .finally(() => {
          this.#running--
          this.#work()
        })
    }
  }
}
