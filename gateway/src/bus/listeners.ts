import type { Msg, NatsConnection } from '@nats-io/nats-core'
import type { ProtocolHandler, SubscriptionImpl } from '@nats-io/nats-core/internal'

/**
 * Subscriptions of one kind, such as one for each person here. The NATS client's own subscription takes 1.2 KB, most of it for what only an
 * iterator needs, and a gateway has tens of thousands: these take 64 bytes, and are all that the client's protocol asks of one.
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

/** One subscription; its fields are named as the client's protocol wants them. */
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

  /** `error`: the server refuses the subscription, as the connection's status tells too. */
  callback(error: Error | null, message: Msg): void {
    if (!error) this.kind.heard(this.id, message)
  }

  /** The connection is closed. */
  close(): void {}

  unsubscribe(): void {
    this.kind.forget(this)
  }

  get asSubscription(): SubscriptionImpl {
    return this as unknown as SubscriptionImpl
  }
}
