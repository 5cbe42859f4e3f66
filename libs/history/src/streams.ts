import { EPOCH } from '@beseda/event-log'
import {
  historyStream,
  IDENTITY_STREAM,
  NOTIFY_STREAM,
  PEOPLE_STREAM,
  personalStream,
  RETENTION_STREAM,
} from '@beseda/proto'
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'

/** Metadata key of the time of a stream's last backup (ISO 8601), written by `npm run admin -- backup`. */
export const BACKED_UP = 'beseda-backed-up'
/**
 * Metadata key of the number of partitions of the log, in every stream that is part of it. A process that counted otherwise would look for
 * every group in another partition, and not find it.
 */
export const PARTITIONS = 'beseda-partitions'

export interface StreamOptions {
  /** Of the whole log. */
  readonly partitions: number
  /** 1, or 3 on a cluster. */
  readonly replicas: number
}

interface StreamShape extends StreamOptions {
  /** Each subject keeps its newest commit alone. */
  readonly newestOnly?: boolean
}

const NAME_IN_USE = 10058
/** 2 minutes, in nanoseconds: how long the server knows the ids of commits. Longer: more memory; shorter: late retries are not recognized. */
const DUPLICATE_WINDOW_NS = 120_000_000_000

/**
 * Creates the streams of group histories and of their members' personal state, where they are missing. Idempotent; several processes
 * may do it at the same time. The server republishes every stored commit to core NATS: that is the whole fan-out.
 */
export async function ensureHistoryStreams(nc: NatsConnection, options: StreamOptions): Promise<void> {
  const manager = await jetstreamManager(nc)
  for (let p = 0; p < options.partitions; p++) {
    await ensureStream(manager, personalStream(p), `personal.${p}.>`, `fan-personal.${p}.>`, {
      ...options,
      newestOnly: true,
    })
    await ensureStream(manager, historyStream(p), `history.${p}.>`, `fan.${p}.>`, options)
  }
}

/** Creates the streams of what others may know of people, and of notifications, where they are missing. Idempotent. */
export async function ensurePeopleStreams(nc: NatsConnection, options: StreamOptions): Promise<void> {
  const manager = await jetstreamManager(nc)
  await ensureStream(manager, PEOPLE_STREAM, 'people.>', 'fan-people.>', { ...options, newestOnly: true })
  await ensureStream(manager, NOTIFY_STREAM, 'notify.>', 'fan-notify.>', { ...options, newestOnly: true })
}

/** Creates the stream of rules and legal holds, where it is missing. Idempotent. */
export async function ensureRetentionStream(nc: NatsConnection, options: StreamOptions): Promise<void> {
  await ensureStream(await jetstreamManager(nc), RETENTION_STREAM, 'retention.>', 'fan-retention.>', options)
}

/** Creates the stream of accounts, where it is missing. Idempotent. */
export async function ensureIdentityStream(nc: NatsConnection, options: StreamOptions): Promise<void> {
  await ensureStream(await jetstreamManager(nc), IDENTITY_STREAM, 'identity.>', 'fan-identity.>', options)
}

async function ensureStream(
  manager: JetStreamManager,
  name: string,
  subjects: string,
  republish: string,
  { partitions, replicas, newestOnly = false }: StreamShape,
): Promise<void> {
  try {
    await manager.streams.add({
      name,
      subjects: [subjects],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: newestOnly ? DiscardPolicy.Old : DiscardPolicy.New,
      ...(newestOnly ? { max_msgs_per_subject: 1 } : {}),
      num_replicas: replicas,
      allow_direct: true,
      deny_purge: false,
      duplicate_window: DUPLICATE_WINDOW_NS,
      republish: { src: subjects, dest: republish },
      metadata: { [EPOCH]: crypto.randomUUID(), [PARTITIONS]: String(partitions) },
    })
  } catch (error) {
    // The stream exists: its metadata has another epoch than this request.
    if (!(error instanceof JetStreamApiError) || error.code !== NAME_IN_USE) throw error
  }
}
