import type { Msg, NatsConnection } from '@nats-io/nats-core'
import type { ProtocolHandler, SubscriptionImpl } from '@nats-io/nats-core/internal'

/**
 * Subscriptions of one kind, such as one for each person connected here. A subscription of the NATS client takes 1.2 KB, most of it for
 * iterators, and a gateway has tens of thousands. These take 64 bytes and implement just what the client's protocol needs (ADR 12).
 */
export class Listeners {
  constructor(
    private readonly nats: NatsConnection,
    readonly subjectOf: (id: string) => string,
    readonly heard: (id: string, message: Msg) => void,
  ) {}

  listen(id: string): Listener {
    const listener = new Listener(this, id)
    this.#protocol.subscribe(listener.asSubscription)
    return listener
  }

  forget(listener: Listener): void {
    this.#protocol.unsubscribe(listener.asSubscription)
  }

  get #protocol(): ProtocolHandler {
    return (this.nats as NatsConnection & { readonly protocol: ProtocolHandler }).protocol
  }
}

/** One subscription. The names of its fields are those of the client's protocol. */
export class Listener {
  sid = 0
  received = 0
  max: number | undefined = undefined

  constructor(
    private readonly kind: Listeners,
    private readonly id: string,
  ) {}

  get subject(): string {
    return this.kind.subjectOf(this.id)
  }

  /** `error`: the server refuses the subscription; the connection's status reports it too. */
  callback(error: Error | null, message: Msg): void {
    if (!error) this.kind.heard(this.id, message)
  }

  /** The connection has closed. */
  close(): void {}

  unsubscribe(): void {
    this.kind.forget(this)
  }

  get asSubscription(): SubscriptionImpl {
    return this as unknown as SubscriptionImpl
  }
}
