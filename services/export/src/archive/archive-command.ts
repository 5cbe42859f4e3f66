import { logOf } from '@beseda/event-log'
import { type Environment, openBlobs, readConfig, readS3Config } from '@beseda/platform'
import type { NatsConnection } from '@nats-io/transport-node'
import { writeArchive } from './archive.js'
import { type ArchiveOptions, readTask } from './archive-options.js'

/** `npm run admin -- export`. Returns a sentence about what was written. Errors: sentences. */
export async function exportArchive(
  nc: NatsConnection,
  env: Environment,
  options: ArchiveOptions,
  partitions: number,
): Promise<string> {
  const now = new Date()
  const task = readTask(options, now)
  const attachments = await openBlobs(nc, readS3Config(env))
  const store = await logOf(readConfig('admin', env).eventStore).store(nc)
  const { path, sha256 } = await writeArchive(task, { store, attachments, partitions, now })
  return `exported into ${task.folder}; sha256 of its ${path}: ${sha256}`
}

export { discardArchive } from './leftovers.js'
