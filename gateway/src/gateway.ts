import { App, type TemplatedApp, type us_listen_socket, us_listen_socket_close } from 'uWebSockets.js'
import { openBlobs, type Platform } from '@beseda/platform'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { createClient } from '@connectrpc/connect'
import type { Actor } from './auth/actor.js'
import type { GatewayConfig } from './config.js'
import { addressReader } from './http/address.js'
import { serveApi } from './http/api.js'
import { serveCalendars } from './http/calendar.js'
import { serveClientEvents } from './http/client-events.js'
import type { ReportedEvent } from './http/client-report.js'
import { serveDownloads } from './http/files/downloads.js'
import { serveRecordings } from './http/files/recordings.js'
import { observeFiles, UploadRoom } from './http/files/upload-room.js'
import { serveUploads } from './http/files/uploads.js'
import { serveHooks } from './http/hooks.js'
import { serveOpenApi } from './http/openapi.js'
import { serveSite } from './http/site.js'
import { serveTraces } from './http/traces.js'
import { serveUnsubscribe } from './http/unsubscribe.js'
import { socketsThatFit } from './open-files.js'
import { type GatewayParts, makeParts } from './parts.js'
import { serveSockets } from './ws/server.js'

/** How many of the largest recordings a person may make in a day: that fills the disk less than a call that is never hung up. */
const RECORDINGS_A_DAY = 4

export interface RunningGateway {
  /** Accepts nobody any more, sends all clients elsewhere, then closes everything. */
  stop(): Promise<void>
}

/** Resolves when the gateway listens. */
export async function startGateway(platform: Platform, wanted: GatewayConfig): Promise<RunningGateway> {
  const { health, logger } = platform
  const config = withinOpenFiles(platform, wanted)
  const app = App()
  const parts = makeParts(platform, config, (topic, frame) => void app.publish(topic, frame, true))
  platform.figures.set('connections', () => parts.people.socketCount)
  let listening = false
  health.addReadiness('listening', () => listening)
  health.addReadiness('log', () => parts.reconciler.answered)
  health.addReadiness('ended sessions', () => parts.ended.isComplete)
  watchBus(platform, parts)
  await serveEverything(app, platform, config, parts)
  parts.start()
  const listener = await listen(app, config)
  listening = true
  addKeysReadiness(platform)
  logger.info({ host: config.host, port: config.port }, 'listening')
  return {
    stop: async () => {
      health.leave()
      us_listen_socket_close(listener)
      await parts.stop()
      app.close()
      await platform.close()
    },
  }
}

/** Errors: a sentence for the operator when the limit of open files is too low to be of use. */
function withinOpenFiles({ logger }: Platform, config: GatewayConfig): GatewayConfig {
  const maxConnections = Math.min(config.maxConnections, socketsThatFit())
  if (maxConnections < config.maxConnections) {
    const wanted = config.maxConnections
    logger.warn(
      { maxConnections, wanted },
      'the limit of open files (ulimit -n) allows fewer sockets than MAX_CONNECTIONS',
    )
  }
  return { ...config, maxConnections }
}

async function serveEverything(
  app: TemplatedApp,
  platform: Platform,
  config: GatewayConfig,
  parts: GatewayParts,
): Promise<void> {
  const { rpc } = platform
  const { connections, ports, signIn, requests, guessLimit, limits, metrics, onFailure } = parts
  const addressOf = addressReader(config.trustedProxyHops)
  const http = { addressOf, signIn, requests, guessLimit, limits, onFailure }
  const blobs = await openBlobs(platform.nats, config.blobs)
  serveSockets(app, { connections, ports, addressOf, turnedAway: metrics.turnedAway, publicUrl: config.publicUrl })
  serveApi(app, http)
  serveOpenApi(app, onFailure)
  const room = new UploadRoom(blobs, parts.shared, {
    name: 'upload bytes',
    perDayBytes: config.uploadBytesPerDay,
    allBytes: config.maxFilesBytes,
  })
  observeFiles(platform.metrics, blobs, config.maxFilesBytes)
  serveUploads(app, rpc, { ...http, blobs, room, maxBytes: config.maxUploadBytes })
  const recordingRoom = new UploadRoom(blobs, parts.shared, {
    name: 'recording bytes',
    perDayBytes: config.maxRecordingBytes * RECORDINGS_A_DAY,
    allBytes: config.maxFilesBytes,
  })
  serveRecordings(app, rpc, { ...http, blobs, room: recordingRoom, maxBytes: config.maxRecordingBytes })
  serveDownloads(app, rpc, { ...http, blobs })
  serveHooks(app, rpc, http)
  serveCalendars(app, rpc, { ...http, publicUrl: config.publicUrl })
  serveUnsubscribe(app, rpc, http)
  if (config.otlpEndpoint && config.browserTraceRatio > 0) serveTraces(app, config.otlpEndpoint, http)
  serveClientEvents(app, { ...http, record: recorder(platform, parts) })
  serveSite(app, config.webDir, config.sfuUrls)
}

/** Counts and logs what clients report about themselves. */
function recorder({ logger }: Platform, { metrics }: GatewayParts) {
  return (events: readonly ReportedEvent[], who: Actor | undefined): void => {
    for (const { kind } of events) metrics.clientReported(kind)
    const level = events.some(({ kind }) => /(error|failed)$/.test(kind)) ? 'warn' : 'info'
    logger[level]({ events, userId: who?.userId, deviceId: who?.deviceId }, 'a client reports')
  }
}

function listen(app: TemplatedApp, { host, port }: GatewayConfig): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    app.listen(host, port, (listener) => {
      if (listener) resolve(listener)
      else reject(new Error(`port ${port} of ${host} is taken: choose another one with PORT`))
    })
  })
}

/** Ready once the keys were fetched; later they may be out of reach without harm. */
function addKeysReadiness({ health, rpc }: Platform): void {
  const identity = createClient(IdentityService, rpc)
  let fetched = false
  health.addReadiness('signing keys', async () => {
    fetched ||= (await identity.getSigningKeys({}, { timeoutMs: 1_000 })).jwks !== ''
    return fetched
  })
}

/** Core NATS delivers at most once: what came while the connection was down is only in the log. */
function watchBus({ nats, logger }: Platform, { resync }: GatewayParts): void {
  void (async () => {
    for await (const { type } of nats.status()) {
      if (type !== 'reconnect') continue
      logger.warn('the connection to the bus is back: all clients resume')
      resync()
    }
  })()
}
