import { ensureHistoryStreams, ensurePeopleStreams } from '@beseda/history'
import { FILES_BUCKET, SESSIONS_BUCKET } from '@beseda/proto'
import { JetStreamApiError } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'

/** A session that has not been used for this long expires. */
const SESSION_TTL_MS = 30 * 24 * 3_600_000
/** Time for the servers of a cluster that has just started to find each other: an election takes 2-6 s, a pod some tens of seconds. */
const PLACEMENT_MS = 60_000
/** JetStream: no suitable peers for placement. */
const NO_PEERS = 10_005

/** Tries again while too few servers are there to hold the replicas. `create` is idempotent. */
async function whenPlaced(create: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + PLACEMENT_MS
  for (;;) {
    try {
      await create()
      return
    } catch (error) {
      const isEarly = error instanceof JetStreamApiError && error.code === NO_PEERS
      if (!isEarly || Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}

/**
 * Creates the streams of the log and the buckets of sessions and files that do not exist yet. Needs the NATS user `admin`; services
 * cannot create any. Waits up to a minute for enough servers of the cluster.
 */
export async function setUpLog(
  nc: NatsConnection,
  options: { readonly partitions: number; readonly replicas: number },
): Promise<void> {
  const { replicas } = options
  await whenPlaced(() => ensureHistoryStreams(nc, options))
  await whenPlaced(() => ensurePeopleStreams(nc, options))
  await whenPlaced(() => new Objm(nc).create(FILES_BUCKET, { replicas }))
  await whenPlaced(() => new Kvm(nc).create(SESSIONS_BUCKET, { ttl: SESSION_TTL_MS, replicas, history: 1 }))
}
