import { type ConnectionOptions, createInbox, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core'

interface Waiting {
  /** On the clock of `performance.now()`. */
  readonly until: number
  readonly resolve: (message: Msg) => void
  readonly reject: (error: Error) => void
}

/** How often it is looked who waits in vain: so much later than asked for does a request give up. */
const SWEEP_MS = 50
const NO_RESPONDERS = 503

/**
 * Requests of a connection. The NATS client's own make two promises, a timer and an error with its stack for each that is
 * answered, a tenth of what a gateway does for a message: here all share a subscription and a timer.
 */
export class Inbox {
  static readonly #inboxes = new WeakMap<NatsConnection, Inbox>()

  readonly #waiting = new Map<string, Waiting>()
  readonly #prefix: string
  #asked = 0
  #sweep: NodeJS.Timeout | undefined

  private constructor(private readonly nats: NatsConnection) {
    const { options } = nats as NatsConnection & { readonly options: ConnectionOptions }
    this.#prefix = `${createInbox(options.inboxPrefix)}.`
    const callback = (error: Error | null, message: Msg) => {
      if (!error) this.#heard(message)
    }
    nats.subscribe(`${this.#prefix}*`, { callback })
    void nats.closed().then(() => this.#giveUp(Number.POSITIVE_INFINITY, 'connection closed'))
  }

  static of(nats: NatsConnection): Inbox {
    let inbox = Inbox.#inboxes.get(nats)
    if (!inbox) {
      inbox = new Inbox(nats)
      Inbox.#inboxes.set(nats, inbox)
    }
    return inbox
  }

  /** The answer to a request. Errors: "no responders" at once, "timeout" after `timeoutMs`, and the connection's. */
  request(subject: string, payload: Uint8Array, headers: MsgHdrs, timeoutMs: number): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const token = (this.#asked++).toString(36)
      this.nats.publish(subject, payload, { headers, reply: this.#prefix + token })
      this.#waiting.set(token, { until: performance.now() + timeoutMs, resolve, reject })
      this.#sweep ??= setInterval(() => this.#giveUp(performance.now(), 'timeout'), SWEEP_MS)
    })
  }

  #heard(message: Msg): void {
    const token = message.subject.slice(this.#prefix.length)
    const waiting = this.#waiting.get(token)
    if (!waiting) return
    this.#waiting.delete(token)
    const isNobody = message.data.length === 0 && message.headers?.code === NO_RESPONDERS
    if (isNobody) waiting.reject(new Error('no responders'))
    else waiting.resolve(message)
  }

  #giveUp(until: number, why: string): void {
    for (const [token, waiting] of this.#waiting) {
      if (waiting.until > until) continue
      this.#waiting.delete(token)
      waiting.reject(new Error(why))
    }
    if (this.#waiting.size > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }
}
