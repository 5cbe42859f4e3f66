import { Semaphore } from '@beseda/async'
import { connectRedis, observeRedis, type Platform, TokenVerifier } from '@beseda/platform'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { createClient } from '@connectrpc/connect'
import { Authenticator } from './auth/authenticator.js'
import { GuessLimit } from './auth/guess-limit.js'
import { BusFanOut } from './bus/bus-fan-out.js'
import type { GatewayConfig } from './config.js'
import { GatewayMetrics } from './metrics.js'
import { ConnectionReports } from './people/connection-reports.js'
import { EndedSessions } from './people/ended-sessions.js'
import { Memberships } from './people/memberships.js'
import { People } from './people/people.js'
import { PresenceWatches } from './people/presence-watches.js'
import { ProfileNotices } from './people/profile-notices.js'
import { SessionChecks } from './people/session-checks.js'
import { Credit } from './requests/credit.js'
import { RequestRelay } from './requests/request-relay.js'
import { SharedLimits } from './requests/shared-limits.js'
import { RoomsEntry } from './rooms/entry.js'
import { Gather } from './rooms/gather.js'
import { GroupLog } from './rooms/group-log.js'
import { Reconciler } from './rooms/reconciler.js'
import { Rooms } from './rooms/rooms.js'
import { Speakers } from './rooms/speakers.js'
import { TypingNotices } from './rooms/typing.js'
import { RateLimits } from './session/limits.js'
import { CallTokens } from './signalling/call-tokens.js'
import { Signalling } from './signalling/forward.js'
import { CallParticipants } from './signalling/participants.js'
import { Connections } from './ws/connections.js'
import type { ConnectionPorts } from './ws/ports.js'

/** Connections that are brought up at once. More: a storm delays what is live; fewer: waits for the services are not used. */
const BRING_UP = 64
/** Connections that wait to be brought up. At 2,000 a second the last one waits 10 s; more are told to try again later. */
const QUEUE = 20_000
/** The longest wait of a token for the keys that verify it, when they were never fetched. */
const KEYS_TIMEOUT_MS = 5_000
const PARTICIPANTS_TIMEOUT_MS = 2_000
/** A typing notice that comes later is of no use. */
const MEMBERSHIP_TIMEOUT_MS = 2_000

export type GatewayParts = ReturnType<typeof makeParts>

/** All parts of a gateway, wired to each other and to the platform. `publish`: to every socket that follows the topic. */
export function makeParts(
  platform: Platform,
  config: GatewayConfig,
  publish: (topic: string, frame: Uint8Array) => void,
) {
  const { nats, store, rpc, logger } = platform
  const { partitionCount } = config.platform
  const onFailure = (error: unknown) => logger.error({ err: error }, 'a task of the gateway failed')
  const limits = new RateLimits()
  const guessLimit = new GuessLimit(limits)
  const ended = new EndedSessions(rpc, ({ userId, sessionId }) => people.revoke(userId, [sessionId]), onFailure)
  const people = new People(nats, (sessionId) => ended.remember(sessionId))
  const socketsOf = (userId: string) => people.socketsOf(userId)
  const log = new GroupLog(store, partitionCount)
  const calls = createClient(CallService, rpc)
  const membership = createClient(MembershipService, rpc)
  const speakers = new Speakers((groupId, userId) =>
    membership.getMembership({ groupId, userId }, { timeoutMs: MEMBERSHIP_TIMEOUT_MS }),
  )
  const participants = new CallParticipants(
    async (groupId, callId) =>
      (await calls.listCallDevices({ groupId, callId }, { timeoutMs: PARTICIPANTS_TIMEOUT_MS })).devices,
  )
  const sizes = { sockets: () => people.socketCount, rooms: () => rooms.size }
  const metrics = new GatewayMetrics(platform.metrics, sizes)
  const queue = new Semaphore({ permits: BRING_UP, queueLimit: QUEUE })
  const connections = new Connections({
    max: config.maxConnections,
    mayOpen: () => reconciler.answered && !queue.full,
  })
  const rooms = new Rooms({
    ...{ nats, fanOut: new BusFanOut(nats), log, socketsOf, onFailure },
    events: {
      repaired: metrics.repaired,
      delivered: metrics.delivered,
      topics: new Gather({
        publish: (topic, frame) => {
          publish(topic, frame)
          connections.published(frame.length)
        },
        now: () => performance.now(),
        after: (ms, work) => void setTimeout(work, ms),
      }),
      callChanged: (call) => participants.changed(call),
    },
  })
  const sessions = new SessionChecks(rpc, people, onFailure)
  /** Nobody knows what the bus has lost. Rooms read it from the log; what is in no log, such as a ringing call, clients ask for when they resume. */
  const resync = () => {
    participants.forget()
    void reconciler.round()
    void sessions.everybody()
    connections.resumeAll()
  }
  const reconciler = new Reconciler(store, log, rooms, {
    ...{ partitionCount, onFailure },
    onNewEpoch: () => {
      logger.warn('the streams of the log were replaced: all clients start over')
      rooms.closeAll()
      ended.startOver()
      resync()
    },
    onLost: () => {
      logger.warn('the log does not answer: all clients are sent to other gateways')
      resync()
    },
  })
  const reports = new ConnectionReports(rpc, socketsOf, onFailure)
  const watches = new PresenceWatches(nats, rpc, limits, onFailure)
  const profiles = new ProfileNotices(nats, (userId) => watches.watchersOf(userId), socketsOf)
  const identity = createClient(IdentityService, rpc)
  const accessVerifier = verifierOf(platform, () => identity.getSigningKeys({}, { timeoutMs: KEYS_TIMEOUT_MS }))
  const callVerifier = verifierOf(platform, () => calls.getCallKeys({}, { timeoutMs: KEYS_TIMEOUT_MS }))
  const signIn = new Authenticator(accessVerifier, ended, rpc, guessLimit)
  const shared = new SharedLimits(redisOf(platform))
  const credit = new Credit({
    ask: (taking) => shared.ask(taking),
    now: () => performance.now(),
    after: (ms, work) => void setTimeout(work, ms),
  })
  const requests = new RequestRelay(nats, partitionCount, limits, shared, credit, metrics.called)
  const tokens = new CallTokens(callVerifier)
  const ports: ConnectionPorts = {
    ...{ registry: connections, signIn, queue, people, requests, metrics, onFailure },
    rooms: new RoomsEntry(new Memberships(rpc), rooms),
    presence: {
      connected: (socket) => reports.connected(socket),
      setIdle: (socket, idle) => reports.setIdle(socket, idle),
      watch: (socket, userIds) => watches.watch(socket, userIds),
      disconnected: (socket) => {
        watches.forget(socket)
        reports.disconnected(socket)
      },
    },
    typing: new TypingNotices(nats, rooms, limits, speakers),
    signalling: new Signalling({ nats, tokens, participants, rooms, limits }),
    traceRatio: config.browserTraceRatio,
    maxUploadBytes: config.maxUploadBytes,
  }
  return {
    ...{
      ports,
      connections,
      metrics,
      limits,
      guessLimit,
      signIn,
      requests,
      shared,
      onFailure,
      reconciler,
      people,
      ended,
      resync,
    },
    start: () => {
      reconciler.start()
      sessions.start()
      ended.start()
    },
    stop: async () => {
      await connections.drain(config.maxDrainMs)
      reconciler.stop()
      sessions.stop()
      ended.stop()
      await reports.stop()
      rooms.stop()
      people.stop()
      profiles.stop()
    },
  }
}

/** Verifies tokens with keys that a service publishes, and keeps the keys fresh. */
function verifierOf(platform: Platform, ask: () => Promise<{ readonly jwks: string }>): TokenVerifier {
  const verifier = new TokenVerifier(async () => (await ask()).jwks)
  const stop = verifier.keepFresh((error) =>
    platform.logger.warn({ err: error }, 'signing keys could not be refreshed: the last ones stay'),
  )
  platform.onClose(async () => stop())
  return verifier
}

/** Not `platform.redis`, which would make readiness depend on Redis: without it the gateway's own limits are left. */
function redisOf(platform: Platform) {
  const redis = connectRedis(platform.config, platform.logger)
  observeRedis(platform.metrics, redis)
  platform.onClose(async () => redis.disconnect())
  return redis
}
