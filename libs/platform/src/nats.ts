import { type Auth, type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node'
import type { PlatformConfig } from './config.js'

type NatsConfig = Pick<
  PlatformConfig,
  'service' | 'natsUrl' | 'natsUser' | 'natsPassword' | 'natsPasswordBefore' | 'natsCaFile'
>

/**
 * Connects to NATS: waits until a server answers, and reconnects for ever after that. Replies come to the user's own inbox prefix,
 * which nobody else may read (`deploy/nats`).
 */
export const connectNats = (config: NatsConfig): Promise<NatsConnection> =>
  connect({
    servers: config.natsUrl.split(','),
    name: config.service,
    ...encryption(config),
    ...credentials(config),
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 5_000,
    maxPingOut: 2,
    // With traces, every request creates two errors with their stacks in advance: a third of its whole cost.
    noAsyncTraces: true,
  })

/** With `tls:` in an address, or a certificate authority, a server without TLS is refused. */
function encryption({ natsUrl, natsCaFile }: NatsConfig): ConnectionOptions {
  if (natsCaFile) return { tls: { caFile: natsCaFile } }
  return /(^|,)\s*tls:/.test(natsUrl) ? { tls: {} } : {}
}

/**
 * While passwords change, some servers know the new one and some the old one: both are tried in turn, and a refusal ends nothing. With one
 * password the client gives up after two refusals, because nothing would become better.
 */
function credentials({ natsUser, natsPassword = '', natsPasswordBefore }: NatsConfig): ConnectionOptions {
  if (natsUser === undefined) return {}
  const inboxPrefix = `_INBOX.${natsUser}`
  if (natsPasswordBefore === undefined) return { user: natsUser, pass: natsPassword, inboxPrefix }
  let dials = 0
  const authenticator = (): Auth => ({ user: natsUser, pass: dials++ % 2 === 0 ? natsPassword : natsPasswordBefore })
  return { authenticator, ignoreAuthErrorAbort: true, inboxPrefix }
}
