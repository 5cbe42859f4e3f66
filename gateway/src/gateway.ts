import { App, type TemplatedApp, us_listen_socket_close } from 'uWebSockets.js'
import { connectRedis, integer, observeRedis, openBlobs, type Platform, TokenVerifier } from '@beseda/platform'
import { type Call, CallService } from '@beseda/proto/call/v1/call_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { createClient } from '@connectrpc/connect'
import { Authenticator } from './auth/authenticator.js'
import { GuessLimit } from './auth/guess-limit.js'
import { addressReader } from './http/address.js'
import { serveApi } from './http/api.js'
import { serveClientEvents } from './http/client-events.js'
import { serveFiles } from './http/files.js'
import { serveHooks } from './http/hooks.js'
import { serveSite } from './http/site.js'
import { serveTelemetry } from './http/telemetry.js'
import { GatewayMetrics } from './metrics.js'
import { socketsThatFit } from './open-files.js'
import { People } from './people/people.js'
import { PresenceFeed } from './people/presence.js'
import { SessionChecks } from './people/session-checks.js'
import { RequestRelay } from './requests/request-relay.js'
import { SharedLimits } from './requests/shared-limits.js'
import { GroupLog } from './rooms/group-log.js'
import { Reconciler } from './rooms/reconciler.js'
import { Rooms } from './rooms/rooms.js'
import { RateLimits } from './session/limits.js'
import { Signalling } from './signalling/forward.js'
import { CallParticipants } from './signalling/participants.js'
import { Hub } from './ws/hub.js'
import { serveSockets } from './ws/server.js'

/** So long who comes first waits for keys at most. */
const KEYS_TIMEOUT_MS = 5_000

export interface GatewayConfig {
  readonly host: string
  readonly port: number
  /** Folder of the built web client; undefined: API only. */
  readonly webDir: string | undefined
  /** Proxies in front whose X-Forwarded-For is believed. */
  readonly trustedProxyHops: number
  /** Largest file that may be uploaded, bytes. */
  readonly maxUploadBytes: number
  /** Sockets at most; who comes then is sent to try elsewhere. */
  readonly maxConnections: number
  /** The longest time over which everybody is sent elsewhere at the end, ms. */
  readonly maxDrainMs: number
  /** Of so many actions browsers are asked for traces, 0 to 1. Without an OTLP endpoint: none. */
  readonly browserTraceRatio: number
  /** Where browsers' spans are passed on to. */
  readonly otlpEndpoint: string | undefined
}

export const readGatewayConfig = (env: Readonly<Record<string, string | undefined>> = process.env): GatewayConfig => ({
  host: env.HOST || '127.0.0.1',
  port: integer(env, 'PORT', 8080, 0, 65_535),
  webDir: env.WEB_DIR || undefined,
  trustedProxyHops: integer(env, 'TRUSTED_PROXY_HOPS', 0, 0, 16),
  maxUploadBytes: integer(env, 'MAX_UPLOAD_MB', 25, 1, 1_024) * 1024 * 1024,
  maxConnections: integer(env, 'MAX_CONNECTIONS', 50_000, 1, 1_000_000),
  // The launcher gives a process 12 s to end.
  maxDrainMs: integer(env, 'MAX_DRAIN_SECONDS', 8, 1, 600) * 1_000,
  browserTraceRatio: integer(env, 'BROWSER_TRACE_PERCENT', 0, 0, 100) / 100,
  otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined,
})

/** Starts to serve; resolves with how to stop: first no new connections, then everybody is sent elsewhere. */
export async function startGateway(platform: Platform, config: GatewayConfig): Promise<{ stop(): Promise<void> }> {
  let listening = false
  platform.health.addReadiness('listening', () => listening)
  const app = App()
  const maxConnections = Math.min(config.maxConnections, socketsThatFit())
  if (maxConnections < config.maxConnections) {
    platform.logger.warn(
      { maxConnections, wanted: config.maxConnections },
      'the limit of open files allows fewer sockets',
    )
  }
  const hub = hubOf(platform, { ...config, maxConnections }, app)
  watchBus(platform, hub)
  const addressOf = addressReader(config.trustedProxyHops)
  serveSockets(app, hub, addressOf)
  serveApi(app, hub, addressOf)
  const blobs = await openBlobs(platform.nats)
  serveFiles(app, hub, platform.rpc, { blobs, maxBytes: config.maxUploadBytes, addressOf })
  serveHooks(app, hub, platform.rpc, addressOf)
  serveTelemetry(app, hub, config.otlpEndpoint, addressOf)
  const { authenticator, limits, metrics, onFailure } = hub
  serveClientEvents(app, {
    ...{ authenticator, limits, addressOf, onFailure },
    record: (event, who) => {
      metrics.clientReported(event.kind)
      const level = event.kind.endsWith('error') || event.kind.endsWith('failed') ? 'warn' : 'info'
      platform.logger[level]({ event, userId: who?.userId, deviceId: who?.deviceId }, 'client event')
    },
  })
  serveSite(app, config.webDir)
  const socket = await new Promise<Parameters<typeof us_listen_socket_close>[0]>((resolve, reject) => {
    app.listen(config.host, config.port, (listening) => {
      if (listening) resolve(listening)
      else reject(new Error(`port ${config.port} of ${config.host} is taken: choose another by PORT`))
    })
  })
  listening = true
  let keys = false
  platform.health.addReadiness('signing keys', async () => {
    keys ||= (await createClient(IdentityService, platform.rpc).getSigningKeys({}, { timeoutMs: 1_000 })).jwks !== ''
    return keys
  })
  platform.logger.info({ host: config.host, port: config.port }, 'listening')
  return {
    stop: async () => {
      platform.health.leave()
      us_listen_socket_close(socket)
      await hub.drain()
      app.close()
      await platform.close()
    },
  }
}

function hubOf(platform: Platform, gateway: GatewayConfig, app: TemplatedApp): Hub {
  const { nats, store, rpc, config, logger } = platform
  const onFailure = (error: unknown) => logger.error({ err: error }, 'gateway')
  const metrics = new GatewayMetrics(platform.metrics)
  const limits = new RateLimits()
  const guessLimit = new GuessLimit(limits)
  const peers = new People(nats)
  const log = new GroupLog(store, config.partitionCount)
  const peersOf = (userId: string) => peers.of(userId)
  const redis = connectRedis(config, logger)
  observeRedis(platform.metrics, redis)
  platform.onClose(async () => redis.disconnect())
  const identity = createClient(IdentityService, rpc)
  const verifierOf = (ask: () => Promise<{ readonly jwks: string }>) => {
    const verifier = new TokenVerifier(async () => (await ask()).jwks)
    const stop = verifier.keepFresh((error) => logger.warn({ err: error }, 'signing keys: those fetched last stay'))
    platform.onClose(async () => stop())
    return verifier
  }
  const verifier = verifierOf(() => identity.getSigningKeys({}, { timeoutMs: KEYS_TIMEOUT_MS }))
  const calls = createClient(CallService, rpc)
  const participants = new CallParticipants(
    async (groupId, callId) => (await calls.listCallDevices({ groupId, callId }, { timeoutMs: 2_000 })).devices,
  )
  platform.figures.set('connections', () => peers.size)
  const events = {
    repaired: metrics.repaired,
    delivered: metrics.delivered,
    publish: (topic: string, frame: Uint8Array) => {
      app.publish(topic, frame, true)
      hub.published(frame.length)
    },
    callChanged: (call: Call) => participants.changed(call),
  }
  const rooms = new Rooms({ nats, log, peersOf, events, onFailure })
  const callVerifier = verifierOf(() => calls.getCallKeys({}, { timeoutMs: KEYS_TIMEOUT_MS }))
  const onNewEpoch = () => {
    logger.warn('the streams are new ones: everybody starts over')
    hub.startOver()
  }
  const onLost = () => {
    logger.warn('the log does not answer: everybody is sent elsewhere')
    hub.resync()
  }
  const { partitionCount } = config
  const reconciler = new Reconciler(store, log, rooms, { partitionCount, onNewEpoch, onLost, onFailure })
  platform.health.addReadiness('log', () => reconciler.answered)
  const hub = new Hub({
    nats,
    rpc,
    peers,
    rooms,
    reconciler,
    presence: new PresenceFeed(nats, rpc, peersOf, limits, onFailure),
    caller: new RequestRelay(nats, config.partitionCount, limits, new SharedLimits(redis), metrics.called),
    limits,
    metrics,
    authenticator: new Authenticator(verifier, (sessionId) => peers.isEnded(sessionId), rpc, guessLimit),
    guessLimit,
    sessions: new SessionChecks(rpc, peers, onFailure),
    participants,
    signalling: new Signalling({ nats, verifier: callVerifier, participants, rooms, limits }),
    traceRatio: gateway.otlpEndpoint === undefined ? 0 : gateway.browserTraceRatio,
    onFailure,
    maxConnections: gateway.maxConnections,
    maxDrainMs: gateway.maxDrainMs,
  })
  return hub
}

/** Core NATS delivers at most once: what came while the connection was down is only in the log. */
function watchBus({ nats, logger }: Platform, hub: Hub): void {
  void (async () => {
    for await (const { type } of nats.status()) {
      if (type !== 'reconnect') continue
      logger.warn('the bus is back: everybody resumes')
      hub.resync()
    }
  })()
}
