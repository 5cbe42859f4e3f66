import type { EventStore, FanOut } from '@beseda/event-log'
import type { Transport } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { Environment, PlatformConfig } from '../config.js'
import { token } from './provide.js'

/** The environment of the process. Only a service's `config.ts` reads it. */
export const ENVIRONMENT = token<Environment>('Environment')
export const PLATFORM_CONFIG = token<PlatformConfig>('PlatformConfig')
export const EVENT_STORE = token<EventStore>('EventStore')
/** Copies of stored commits. */
export const FAN_OUT = token<FanOut>('FanOut')
/** Connect's transport to the other services: `createClient(GroupService, transport)`. */
export const TRANSPORT = token<Transport>('Transport')
export const NATS = token<NatsConnection>('NatsConnection')
export const LOGGER = token<Logger>('Logger')
