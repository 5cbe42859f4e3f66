import type { Msg, NatsConnection } from '@nats-io/nats-core'

interface Subscribed {
  readonly subject: string
  callback(error: Error | null, message: Msg): void
}

/** A stand-in for the connection to NATS: nothing is sent by itself, and a test says what comes. It loses whatever is published. */
export class SilentBus {
  readonly #subscribed = new Set<Subscribed>()
  readonly published: { readonly subject: string; readonly data: Uint8Array }[] = []

  /** Subjects that somebody listens to now. */
  get subjects(): readonly string[] {
    return [...this.#subscribed].map(({ subject }) => subject)
  }

  /** A message comes to everybody who listens to exactly this subject, or to `filter`. */
  say(subject: string, data: Uint8Array, headers?: Readonly<Record<string, string>>, filter = subject): void {
    const message = { subject, data, headers: headers && { get: (name: string) => headers[name] ?? '' } }
    for (const one of [...this.#subscribed]) if (one.subject === filter) one.callback(null, message as unknown as Msg)
  }

  get connection(): NatsConnection {
    const { published } = this
    const all = this.#subscribed
    const connection = {
      subscribe: (subject: string, { callback }: Pick<Subscribed, 'callback'>) => {
        const one = { subject, callback }
        all.add(one)
        return { unsubscribe: () => all.delete(one) }
      },
      protocol: {
        subscribe: (one: Subscribed) => void all.add(one),
        unsubscribe: (one: Subscribed) => void all.delete(one),
      },
      flush: () => Promise.resolve(),
      publish: (subject: string, data: Uint8Array) => void published.push({ subject, data }),
    }
    return connection as unknown as NatsConnection
  }
}
