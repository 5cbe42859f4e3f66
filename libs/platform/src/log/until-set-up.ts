import { whenAnswered } from '@beseda/event-log'
import { PARTITIONS } from '@beseda/history'
import { historyStream, IDENTITY_STREAM, RETENTION_STREAM } from '@beseda/proto'
import { JetStreamApiError, type JetStreamManager, jetstreamManager, type StreamConfig } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { PlatformConfig } from '../config.js'
import type { Health } from '../status/health.js'

/** Between two looks for the log. */
const LOOK_MS = 500
const STREAM_NOT_FOUND = 10059
/** They keep nothing in the log, and may not read it. */
const WITHOUT_LOG: ReadonlySet<string> = new Set(['presence', 'preview', 'mail', 'caption'])

export interface Waiting {
  readonly config: Pick<PlatformConfig, 'service' | 'partitionCount'>
  readonly health: Health
  readonly logger: Logger
}

/**
 * Resolves when the log is set up, so that a process may start before `tools/setup-log.mjs` is done: it says so once, and is not ready.
 * Errors: a sentence when the log has another number of partitions than PARTITION_COUNT.
 */
export async function untilSetUp(nc: NatsConnection, { config, health, logger }: Waiting): Promise<void> {
  if (WITHOUT_LOG.has(config.service)) return
  let isThere = false
  health.addReadiness('log', () => isThere)
  const manager = await jetstreamManager(nc, { checkAPI: false })
  for (let isTold = false; !isThere; isTold = true) {
    const missing = await whenAnswered(() => missingOf(manager, config))
    isThere = missing === undefined
    if (isThere) return
    if (!isTold) logger.warn({ stream: missing }, 'the log is not set up yet: waiting for tools/setup-log.mjs')
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/**
 * A stream that is not there yet; undefined: everything is. The set-up creates what a service waits for after everything else: accounts
 * last, before them the histories in their order.
 */
async function missingOf(manager: JetStreamManager, { service, partitionCount }: Waiting['config']) {
  const ofHistories = service !== 'identity'
  const first = ofHistories ? historyStream(0) : IDENTITY_STREAM
  const last = ofHistories ? historyStream(partitionCount - 1) : IDENTITY_STREAM
  const found = await configOf(manager, first)
  if (found === undefined) return first
  const count = found.metadata?.[PARTITIONS]
  // A log of version 0.1 says nothing until the set-up has run again: one partition more than is counted is seen all the same.
  const isLarger =
    count === undefined && ofHistories && (await configOf(manager, historyStream(partitionCount))) !== undefined
  if (isLarger) throw new Error(otherPartitions(`more than ${partitionCount}`, partitionCount))
  if (count !== undefined && Number(count) !== partitionCount) throw new Error(otherPartitions(count, partitionCount))
  // Newer than the histories: a log of an earlier version gets it from the set-up.
  const newer = service === 'group' ? [RETENTION_STREAM] : []
  for (const stream of [...newer, last]) if ((await configOf(manager, stream)) === undefined) return stream
  return undefined
}

/** Undefined: there is no such stream. */
async function configOf(manager: JetStreamManager, stream: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(stream)).config
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined
    throw error
  }
}

export const otherPartitions = (present: number | string, wanted: number): string =>
  `The log has ${present} partitions and PARTITION_COUNT is ${wanted}: set it to what the log has, or move the log by backup and restore (docs/operations.md, "Growing").`
