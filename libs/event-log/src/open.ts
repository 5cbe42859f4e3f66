import type { NatsConnection } from '@nats-io/nats-core'
import type { FanOut } from './fan-out.js'
import { JetStreamEventStore } from './jetstream/jetstream.js'
import { JetStreamFanOut } from './jetstream/jetstream-fan-out.js'
import type { EventStore } from './port.js'

interface Log {
  /** Errors: `LogUnavailable`. */
  store(bus: NatsConnection): Promise<EventStore>
  fanOut(bus: NatsConnection): FanOut
}

/** The logs that a process can stand on. A second one is an entry here, its adapters of both ports, and the contract suite over them (ADR 92). */
const LOGS = {
  jetstream: { store: (bus) => JetStreamEventStore.open(bus), fanOut: (bus) => new JetStreamFanOut(bus) },
} as const satisfies Record<string, Log>

export type EventStoreKind = keyof typeof LOGS

/** The words of EVENT_STORE. */
export const EVENT_STORES = Object.keys(LOGS) as EventStoreKind[]

/** The log of a kind, on a connection to the bus. */
export const logOf = (kind: EventStoreKind): Log => LOGS[kind]
