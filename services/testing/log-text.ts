import { JetStreamEventStore } from '@beseda/event-log'
import { partitionOf } from '@beseda/kernel'
import { groupFilter, historyStream } from '@beseda/proto'
import type { TestSystem } from '@beseda/testkit'

/** Everything that the log holds of a group, as text. */
export async function logText(system: TestSystem, groupId: string): Promise<string> {
  const admin = await system.nats.connect('admin')
  const store = await JetStreamEventStore.open(admin)
  const partition = partitionOf(groupId, 2)
  const stored = await store.read(historyStream(partition), {
    afterSeq: 0,
    filter: groupFilter(partition, groupId),
    limit: 10_000,
  })
  await admin.close()
  return stored.map(({ bytes }) => Buffer.from(bytes).toString('utf8')).join('\n')
}
