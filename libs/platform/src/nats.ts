import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { PlatformConfig } from './config.js'

/**
 * Connects to NATS: waits until a server answers, and reconnects for ever after that. Replies come to the user's own inbox prefix,
 * which nobody else may read (`deploy/nats`).
 */
export const connectNats = (config: PlatformConfig): Promise<NatsConnection> =>
  connect({
    servers: config.natsUrl.split(','),
    name: config.service,
    ...(config.natsUser === undefined
      ? {}
      : { user: config.natsUser, pass: config.natsPassword ?? '', inboxPrefix: `_INBOX.${config.natsUser}` }),
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 5_000,
    maxPingOut: 2,
    // With traces, every request creates two errors with their stacks in advance: a third of its whole cost.
    noAsyncTraces: true,
  })
