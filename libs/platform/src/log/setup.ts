import { EPOCH } from '@beseda/event-log'
import {
  ensureHistoryStreams,
  ensureIdentityStream,
  ensurePeopleStreams,
  ensureRetentionStream,
  PARTITIONS,
} from '@beseda/history'
import { EXPORT_BUCKET, FILES_BUCKET, SESSIONS_BUCKET } from '@beseda/proto'
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { Objm } from '@nats-io/obj'
import { type NatsConnection, TimeoutError } from '@nats-io/transport-node'
import { ensureMailQueues } from './mail-queue.js'
import { otherPartitions } from './until-set-up.js'

/** A session that has not been used for this long expires. */
const SESSION_TTL_MS = 30 * 24 * 3_600_000
/** Time for the servers of a cluster that has just started to find each other: an election takes 2-6 s, a pod some tens of seconds. */
const PLACEMENT_MS = 60_000
/** JetStream: no suitable peers for placement. */
const NO_PEERS = 10_005

/** Tries again while too few servers are there to hold the replicas, or none answers. `create` is idempotent. */
async function whenPlaced(create: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + PLACEMENT_MS
  for (;;) {
    try {
      await create()
      return
    } catch (error) {
      // What was asked for without an answer is asked for again: a slow disk may have made it meanwhile.
      const isEarly = error instanceof TimeoutError || (error instanceof JetStreamApiError && error.code === NO_PEERS)
      if (!isEarly || performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}

/** What a set-up was asked for. */
export interface LogShape {
  readonly partitions: number
  /** Undefined: 1 for what is created, and what exists keeps its own. */
  readonly replicas: number | undefined
}

/** How many replicas each stream of the log has now. */
export type SetUp = ReadonlyMap<string, number>

/**
 * Creates the streams of the log and the buckets of sessions, files and exports, and the queue of letters, that do not exist yet, and gives those that exist the wanted number
 * of replicas. Needs the NATS user `admin`; services cannot create any. Waits up to a minute for enough servers of the cluster.
 * Errors: a sentence when the log has another number of partitions, which nothing can change in place, or the server is none of a cluster.
 */
export async function setUpLog(nc: NatsConnection, { partitions, replicas }: LogShape): Promise<SetUp> {
  const manager = await jetstreamManager(nc, { checkAPI: false })
  const present = await partitionsOfLog(nc)
  if (present !== undefined && present !== partitions) throw new Error(otherPartitions(present, partitions))
  const options = { partitions, replicas: replicas ?? 1 }
  if (options.replicas > 1 && nc.info?.cluster === undefined) throw new Error(alone(options.replicas))
  // What services wait for comes last (`untilSetUp`): where it is, everything is.
  await whenPlaced(() => new Objm(nc).create(FILES_BUCKET, { replicas: options.replicas }))
  await whenPlaced(() =>
    new Kvm(nc).create(SESSIONS_BUCKET, { ttl: SESSION_TTL_MS, replicas: options.replicas, history: 1 }),
  )
  await whenPlaced(() => new Kvm(nc).create(EXPORT_BUCKET, { replicas: options.replicas, history: 1 }))
  await whenPlaced(() => ensureMailQueues(manager, options.replicas))
  await whenPlaced(() => ensurePeopleStreams(nc, options))
  await whenPlaced(() => ensureRetentionStream(nc, options))
  await whenPlaced(() => ensureHistoryStreams(nc, options))
  await whenPlaced(() => ensureIdentityStream(nc, options))
  return fit(manager, { partitions, replicas })
}

const alone = (replicas: number) =>
  `STREAM_REPLICAS is ${replicas}, but this NATS server is none of a cluster: set it to 1, or start the cluster.`

/** The number of partitions of the log; undefined when there is none yet. Needs the NATS user `admin`. */
export async function partitionsOfLog(nc: NatsConnection): Promise<number | undefined> {
  const manager = await jetstreamManager(nc, { checkAPI: false })
  let histories = 0
  for await (const { config } of manager.streams.list()) {
    if (config.metadata?.[PARTITIONS] !== undefined) return Number(config.metadata[PARTITIONS])
    // Those of version 0.1 do not say it.
    if (/^HISTORY_\d+$/.test(config.name)) histories++
  }
  return histories === 0 ? undefined : histories
}

/** Gives every stream the wanted number of replicas, and those of the log, which have an epoch, the number of partitions. */
async function fit(manager: JetStreamManager, { partitions, replicas }: LogShape): Promise<SetUp> {
  const now = new Map<string, number>()
  for await (const { config } of manager.streams.list()) {
    const { metadata, num_replicas: before } = config
    const wanted = replicas ?? before
    const isMarked = metadata?.[EPOCH] === undefined || metadata[PARTITIONS] === String(partitions)
    if (wanted !== before || !isMarked) {
      const marked = isMarked ? metadata : { ...metadata, [PARTITIONS]: String(partitions) }
      await whenPlaced(() =>
        manager.streams.update(config.name, {
          ...config,
          num_replicas: wanted,
          ...(marked === undefined ? {} : { metadata: marked }),
        }),
      )
    }
    now.set(config.name, (await manager.streams.info(config.name)).config.num_replicas)
  }
  return now
}
