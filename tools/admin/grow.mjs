import { managerOf } from './manager.mjs'
import { makeMirrors } from './mirrors.mjs'
import { restore } from './snapshot.mjs'

/** @typedef {import('@nats-io/transport-node').NatsConnection} NatsConnection */
/** @typedef {import('@nats-io/jetstream').JetStreamManager} JetStreamManager */
/** `root`: the first word of the stream's subjects. `before`, `wanted`: numbers of partitions. */
/** @typedef {{ root: string, partition: number, before: number, wanted: number }} Growth */

/**
 * Restores one partition of a log into a log of more partitions. The server itself finds each group's new partition: its `partition()` is the
 * hash that `partitionOf` computes (`restore.int.spec.ts` compares them). Mirrors keep sequences, so everything in the log that names one (cursors of
 * rosters, read markers, reports) stays true.
 * @param {NatsConnection} nc @param {{ file: string, config: Record<string, any>, state: Record<string, any> }} source @param {Growth} growth
 */
export async function restoreGrown(nc, source, { root, partition, before, wanted }) {
  const manager = await managerOf(nc)
  const { name, subjects: _, republish: __, ...shape } = source.config
  await restore(nc, source.file, source)
  const sorted = `SORTED_${name}`
  const moved = { src: `${root}.${partition}.*.>`, dest: `${root}.{{partition(${wanted},1)}}.{{wildcard(1)}}.>` }
  const { messages } = (await manager.streams.info(name)).state
  await makeMirrors(manager, [{ ...shape, name: sorted, mirror: { name, subject_transforms: [moved] } }], messages)
  // No mirror any more: one of its own mirrors gets the name of what it has mirrored.
  await manager.streams.update(sorted, { mirror: undefined, subjects: [`sorted.${name}`] })
  await manager.streams.delete(name)

  const kind = root.toUpperCase()
  const targets = Array.from({ length: wanted / before }, (_, i) => partition + i * before)
  const mirrors = targets.map((target) => ({
    ...{ ...shape, name: `${kind}_${target}`, mirror: { name: sorted, filter_subject: `${root}.${target}.>` } },
  }))
  await makeMirrors(manager, mirrors, messages)
  for (const target of targets) await becomeLog(manager, `${kind}_${target}`, `${root}.${target}.>`, source.config)
  await manager.streams.delete(sorted)
}

/** A mirror that has everything becomes a stream of its own. @param {JetStreamManager} manager @param {string} name @param {string} subjects @param {Record<string, any>} was */
async function becomeLog(manager, name, subjects, was) {
  // `fan.0.>` of partition 0 is `fan.4.>` of partition 4.
  const dest = String(was.republish.dest).replace(/\.\d+\.>$/, subjects.slice(subjects.indexOf('.')))
  const own = { mirror: undefined, mirror_direct: false, subjects: [subjects], republish: { src: subjects, dest } }
  await manager.streams.update(name, own)
}
