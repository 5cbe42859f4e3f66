import { historyStream, historySubject } from '@beseda/proto'
import { expect, test } from 'vitest'
import { MemoryEventStore } from './memory.js'
import { messageCommit } from './testing/commits.js'
import { eventStoreContract } from './testing/contract.js'

const shared = new MemoryEventStore()
eventStoreContract('MemoryEventStore', () => shared)

test('a dropped stream begins a new epoch', async () => {
  const store = new MemoryEventStore()
  const subject = historySubject(0, 'g', 'messages')
  await store.append({ stream: historyStream(0), subject, commit: messageCommit('x') })
  const before = await store.info(historyStream(0))
  store.drop(historyStream(0))
  const after = await store.info(historyStream(0))
  expect(after.lastSeq).toBe(0)
  expect(after.epoch).not.toBe(before.epoch)
})
