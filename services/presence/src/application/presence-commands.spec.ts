import { Status } from '@beseda/proto/presence/v1/presence_service'
import { beforeEach, expect, test } from 'vitest'
import { LEASE_MS, nextExpiry, type PresenceDocument } from '../domain/presence.js'
import type { DocumentChange, PresenceDocuments } from './ports.js'
import { PresenceCommands } from './presence-commands.js'
import { PresenceQueries } from './presence-queries.js'

const NOW = 1_000_000
const phone = { deviceId: 'phone', idle: false, gone: false }

class MemoryDocuments implements PresenceDocuments {
  readonly documents = new Map<string, PresenceDocument>()
  readonly settled: string[] = []
  /** Due although there is no document: it has expired. */
  readonly expired = new Set<string>()

  async getMany(userIds: readonly string[]) {
    return userIds.map((userId) => this.documents.get(userId))
  }

  async update<Result>(
    userId: string,
    change: (person: PresenceDocument | undefined) => DocumentChange<Result>,
  ): Promise<DocumentChange<Result>> {
    const changed = change(this.documents.get(userId))
    if (changed.document) this.documents.set(userId, changed.document)
    return changed
  }

  async due(now: number) {
    const isDue = (person: PresenceDocument) => (nextExpiry(person) ?? Number.POSITIVE_INFINITY) <= now
    return [...[...this.documents].filter(([, person]) => isDue(person)).map(([userId]) => userId), ...this.expired]
  }

  async settle(userId: string) {
    this.settled.push(userId)
  }
}

let documents: MemoryDocuments
let published: [string, Status][]
let commands: PresenceCommands
let queries: PresenceQueries
beforeEach(() => {
  documents = new MemoryDocuments()
  published = []
  commands = new PresenceCommands(documents, { changed: (userId, { shown }) => void published.push([userId, shown]) })
  queries = new PresenceQueries(documents)
})

test('what others see is published when it changes, and only then', async () => {
  await commands.report('ann', [phone], NOW)
  await commands.report('ann', [phone], NOW + 1)
  await commands.report('ann', [{ ...phone, idle: true }], NOW + 2)
  await commands.report('ann', [{ ...phone, gone: true }], NOW + 3)
  await commands.setStatus('ann', Status.DO_NOT_DISTURB, NOW + 4)
  expect(published).toEqual([
    ['ann', Status.ONLINE],
    ['ann', Status.IDLE],
    ['ann', Status.OFFLINE],
  ])
})

test('the sweep removes devices whose leases have run out, and nobody else’s', async () => {
  await commands.report('ann', [phone], NOW)
  await commands.report('bob', [phone], NOW + 1)
  await commands.sweep(NOW + LEASE_MS)
  expect(published.at(-1)).toEqual(['ann', Status.OFFLINE])
  expect(published).toHaveLength(3)
  expect(documents.settled).toEqual(['ann'])
})

test('the sweep makes no document for a person whose document has expired', async () => {
  documents.expired.add('ann')
  await commands.sweep(NOW)
  expect([documents.documents.size, documents.settled, published]).toEqual([0, ['ann'], []])
})

test('an invisible person is offline to others and sees their own choice; their attention is known to notifications', async () => {
  await commands.report('ann', [phone], NOW)
  await commands.setStatus('ann', Status.INVISIBLE, NOW)
  const seenBy = async (callerId: string) =>
    (await queries.getPresence(['ann', 'bob'], callerId)).map(({ status }) => status)
  expect(await seenBy('bob')).toEqual([Status.OFFLINE, Status.OFFLINE])
  expect(await seenBy('ann')).toEqual([Status.INVISIBLE, Status.OFFLINE])
  const chosenFor = async (callerId: string) => (await queries.getPresence(['ann'], callerId))[0]?.chosen
  expect([await chosenFor('ann'), await chosenFor('bob')]).toEqual([Status.INVISIBLE, Status.UNSPECIFIED])
  expect(await queries.listAttention(['ann', 'bob'])).toEqual([
    { userId: 'ann', active: true, doNotDisturb: false },
    { userId: 'bob', active: false, doNotDisturb: false },
  ])
})
