import { randomUUID } from 'node:crypto'
import { EPOCH } from '@beseda/event-log'
import { BACKED_UP } from '@beseda/history'
import { managerOf } from './manager.mjs'

/** @typedef {import('@nats-io/transport-node').NatsConnection} NatsConnection */

/**
 * Gives streams of the log a new epoch: views are rebuilt and clients fetch everything again, because their cursors belong to
 * another history. @param {NatsConnection} nc @param {readonly string[]} names @param {number} [replicas]
 */
export const newEpoch = (nc, names, replicas) =>
  changeLog(nc, names, () => ({ [EPOCH]: randomUUID() }), replicas ? { num_replicas: replicas } : {})

/** Records in the streams of the log when they were backed up; a metric reports it. @param {NatsConnection} nc @param {readonly string[]} names @param {Date} at */
export const noteBackup = (nc, names, at) => changeLog(nc, names, () => ({ [BACKED_UP]: at.toISOString() }))

/**
 * Changes the metadata of streams of the log; those that do not belong to it (buckets) keep theirs.
 * @param {NatsConnection} nc @param {readonly string[]} names @param {() => Record<string, string>} metadataOf @param {{ num_replicas?: number }} [more]
 */
export async function changeLog(nc, names, metadataOf, more = {}) {
  const manager = await managerOf(nc)
  for (const name of names) {
    const { config } = await manager.streams.info(name)
    const metadata = config.metadata?.[EPOCH] ? { ...config.metadata, ...metadataOf() } : config.metadata
    await manager.streams.update(name, { ...config, metadata, ...more })
  }
}
