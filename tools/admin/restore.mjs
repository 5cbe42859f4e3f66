import { basename, join } from 'node:path'
import { PARTITIONS } from '@beseda/history'
import { streamNames, verify } from './backup.mjs'
import { changeLog, newEpoch } from './epoch.mjs'
import { restoreGrown } from './grow.mjs'
import { managerOf } from './manager.mjs'
import { assertStopped } from './running.mjs'
import { restore } from './snapshot.mjs'

/** @typedef {import('@nats-io/transport-node').NatsConnection} NatsConnection */
/** @typedef {import('@nats-io/jetstream').JetStreamManager} JetStreamManager */
/** `replicas`, `partitions`: undefined: those of the backup. `replace`: deletes what the present log holds. */
/** @typedef {{ replicas?: number | undefined, partitions?: number | undefined, replace?: boolean }} RestoreOptions */

/** Streams that there are once for each partition. */
const OF_PARTITION = /^(HISTORY|PERSONAL)_(\d+)$/

/**
 * Makes all streams of a backup, each with a new epoch: what clients and views know of later commits is void. Streams without messages, as
 * the set-up creates them, give way. With more partitions than the backup has, every group goes to its new partition and keeps its sequences.
 * Errors: a sentence, before anything is changed, when the backup is damaged, processes are running, or the log holds messages.
 * @param {NatsConnection} nc @param {string} folder @param {RestoreOptions} options @returns {Promise<string[]>} the streams
 */
export async function restoreAll(nc, folder, { replicas, partitions, replace = false } = {}) {
  const { streams } = await verify(folder)
  const before = streams.filter(({ name }) => name.startsWith('HISTORY_')).length
  const wanted = partitions ?? before
  if (before === 0 || wanted % before !== 0) {
    throw new Error(
      `A log of ${before} partitions can be restored into as many or a multiple of it, not into ${wanted}.`,
    )
  }
  const manager = await managerOf(nc)
  await assertStopped(nc)
  await clear(manager, await streamNames(nc), replace)
  for (const { name, file, config, state } of streams) {
    const placed = replicas === undefined ? config : { ...config, num_replicas: replicas }
    const source = { file: join(folder, basename(file)), config: placed, state }
    const [, kind, partition] = OF_PARTITION.exec(name) ?? []
    if (kind === undefined || wanted === before) await restore(nc, source.file, source)
    else await restoreGrown(nc, source, { root: kind.toLowerCase(), partition: Number(partition), before, wanted })
  }
  const names = await streamNames(nc)
  await changeLog(nc, names, () => ({ [PARTITIONS]: String(wanted) }))
  await newEpoch(nc, names, replicas)
  return names
}

/** Deletes the present streams. @param {JetStreamManager} manager @param {readonly string[]} names @param {boolean} replace */
async function clear(manager, names, replace) {
  const infos = await Promise.all(names.map((name) => manager.streams.info(name)))
  const filled = infos.filter(({ state }) => state.last_seq > 0).map(({ config }) => config.name)
  if (filled.length > 0 && !replace) {
    throw new Error(
      `This installation has a log, and a restore would replace it (${filled.join(', ')}). To delete it, add --replace.`,
    )
  }
  for (const name of names) await manager.streams.delete(name)
}
