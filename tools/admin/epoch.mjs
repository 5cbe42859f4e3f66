import { randomUUID } from 'node:crypto'
import { EPOCH } from '@beseda/event-log'
import { jetstreamManager } from '@nats-io/jetstream'

/**
 * Gives streams of the log a new epoch: views are built anew and clients fetch everything afresh, because their cursors are of
 * another history. Streams without one (buckets) stay as they are.
 * @param {import('@nats-io/transport-node').NatsConnection} nc @param {readonly string[]} names @param {number} [replicas]
 */
export async function newEpoch(nc, names, replicas) {
  const manager = await jetstreamManager(nc)
  for (const name of names) {
    const { config } = await manager.streams.info(name)
    const metadata = config.metadata?.[EPOCH] ? { ...config.metadata, [EPOCH]: randomUUID() } : config.metadata
    await manager.streams.update(name, { ...config, metadata, ...(replicas ? { num_replicas: replicas } : {}) })
  }
}
