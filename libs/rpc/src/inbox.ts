import { type ConnectionOptions, createInbox, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core'

interface Waiting {
  /** In ms, on the clock of `performance.now()`. */
  readonly until: number
  readonly resolve: (message: Msg) => void
  readonly reject: (error: Error) => void
}

/** No replica listens: the request has not been taken. */
export class NoResponders extends Error {
  constructor() {
    super('no responders')
  }
}

/** Sweep interval for timed-out requests; a request may time out up to this much late. */
const SWEEP_MS = 50
const NO_RESPONDERS = 503

/**
 * Request/reply over a NATS connection. All requests share a subscription and a timer. The NATS client's own `request` creates two
 * promises, a timer and an error with its stack each time: a tenth of a gateway's work for a message (ADR 45).
 */
export class Inbox {
  static readonly #inboxes = new WeakMap<NatsConnection, Inbox>()

  readonly #waiting = new Map<string, Waiting>()
  readonly #prefix: string
  #count = 0
  #sweep: NodeJS.Timeout | undefined

  private constructor(private readonly nats: NatsConnection) {
    const { options } = nats as NatsConnection & { readonly options: ConnectionOptions }
    this.#prefix = `${createInbox(options.inboxPrefix)}.`
    const callback = (error: Error | null, message: Msg) => {
      if (!error) this.#receive(message)
    }
    nats.subscribe(`${this.#prefix}*`, { callback })
    void nats.closed().then(() => this.#expire(Number.POSITIVE_INFINITY, 'connection closed'))
  }

  static of(nats: NatsConnection): Inbox {
    let inbox = Inbox.#inboxes.get(nats)
    if (!inbox) {
      inbox = new Inbox(nats)
      Inbox.#inboxes.set(nats, inbox)
    }
    return inbox
  }

  /** Sends a request and resolves to its answer. Errors: NoResponders; an Error "timeout" or "connection closed". */
  request(subject: string, payload: Uint8Array, headers: MsgHdrs, timeoutMs: number): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const token = (this.#count++).toString(36)
      this.nats.publish(subject, payload, { headers, reply: this.#prefix + token })
      this.#waiting.set(token, { until: performance.now() + timeoutMs, resolve, reject })
      this.#sweep ??= setInterval(() => this.#expire(performance.now(), 'timeout'), SWEEP_MS)
    })
  }

  #receive(message: Msg): void {
    const token = message.subject.slice(this.#prefix.length)
    const waiting = this.#waiting.get(token)
    if (!waiting) return
    this.#waiting.delete(token)
    const noResponders = message.data.length === 0 && message.headers?.code === NO_RESPONDERS
    if (noResponders) waiting.reject(new NoResponders())
    else waiting.resolve(message)
  }

  #expire(until: number, reason: string): void {
    for (const [token, waiting] of this.#waiting) {
      if (waiting.until > until) continue
      this.#waiting.delete(token)
      waiting.reject(new Error(reason))
    }
    if (this.#waiting.size > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }
}
