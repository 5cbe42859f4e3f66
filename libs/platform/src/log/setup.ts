import { ensureHistoryStreams, ensurePeopleStreams } from '@beseda/history'
import { FILES_BUCKET, SESSIONS_BUCKET } from '@beseda/proto'
import { Kvm } from '@nats-io/kv'
import { Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'

/** A session that has not been used for this long expires. */
const SESSION_TTL_MS = 30 * 24 * 3_600_000

/**
 * Creates the streams of the log and the buckets of sessions and files that do not exist yet. Needs the NATS user `admin`; services
 * cannot create any.
 */
export async function setUpLog(
  nc: NatsConnection,
  options: { readonly partitions: number; readonly replicas: number },
): Promise<void> {
  await ensureHistoryStreams(nc, options)
  await ensurePeopleStreams(nc, options)
  await new Objm(nc).create(FILES_BUCKET, { replicas: options.replicas })
  await new Kvm(nc).create(SESSIONS_BUCKET, { ttl: SESSION_TTL_MS, replicas: options.replicas, history: 1 })
}
