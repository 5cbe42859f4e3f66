import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Conversation } from '../model/model.js'
import { draftStorage } from './drafts.js'
import { historyCache } from './history-cache.js'
import { StorageTimeout } from './in-time.js'
import { outboxStorage } from './outbox.js'
import { comeBack, held, leave, otherPage } from './storage-testing.js'

const conversation = {
  id: 'g',
  epoch: 'e',
  seqs: { group: 1, roster: 1, messages: 1, calls: 0 },
  messages: [],
} as unknown as Conversation
const message = { id: 'i', userId: 'me', groupId: 'g', text: 'unsent', createdAt: 1 }
const draft = { key: 'me g ', at: 1, text: 'half a thought', mentions: [], files: [] }
const person = { id: 'ann' } as never

/** Everything that the page asks of its storage. */
const READS: Readonly<Record<string, () => Promise<unknown>>> = {
  conversations: () => historyCache.restore('me'),
  people: () => historyCache.people('me'),
  outbox: () => outboxStorage.of('me'),
  drafts: () => draftStorage.of('me'),
}
const WRITES: Readonly<Record<string, () => Promise<void>>> = {
  conversations: () => historyCache.save('me', [conversation]),
  'a conversation that is gone': () => historyCache.forget('me', 'g'),
  people: () => historyCache.savePeople('me', [person]),
  outbox: () => outboxStorage.put(message),
  'a message that was sent': () => outboxStorage.delete('i'),
  drafts: () => draftStorage.put(draft),
  'signing out': () => historyCache.clear('me', true),
}

afterEach(async () => {
  comeBack()
  vi.restoreAllMocks()
  localStorage.clear()
  await historyCache.clear('me', true)
})

describe('another page holds the storage', () => {
  test('everything that is asked of it ends in time; what was written is there when the other lets go', async () => {
    await outboxStorage.put({ ...message, id: 'before' })
    const letGo = await held()
    const asked = [...Object.values(READS), () => outboxStorage.put(message), () => draftStorage.put(draft)]
    const ends = await Promise.allSettled(asked.map((ask) => ask()))
    expect(ends.map((end) => end.status === 'rejected' && end.reason instanceof StorageTimeout)).toEqual(
      asked.map(() => true),
    )
    letGo()
    await expect.poll(() => outboxStorage.of('me').catch(() => [])).toMatchObject([{ id: 'before' }, { id: 'i' }])
    expect(await draftStorage.of('me')).toMatchObject([{ text: 'half a thought' }])
  })

  test('data that could not be deleted at sign-out is deleted before anything is restored', async () => {
    await historyCache.save('me', [conversation])
    await outboxStorage.put(message)
    const letGo = await held()
    await expect(historyCache.clear('me', true)).rejects.toThrow(StorageTimeout)
    leave(false)
    letGo()
    comeBack()
    expect(await historyCache.restore('me')).toEqual([])
    expect(await outboxStorage.of('me')).toEqual([])
  })
})

describe('every write', () => {
  test.each(Object.entries(WRITES))('%s: is complete without the page', async (_, ask) => {
    await Promise.all([outboxStorage.put(message), draftStorage.put(draft), historyCache.savePeople('me', [person])])
    /** Transactions that would wait for the page if it was frozen at this moment. */
    const unfinished = new Set<IDBTransaction>()
    const { transaction } = IDBDatabase.prototype
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      const made = transaction.apply(this, args)
      if (made.mode === 'readwrite') unfinished.add(made)
      return made
    })
    const { commit } = IDBTransaction.prototype
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      unfinished.delete(this)
      commit.apply(this)
    })
    const answers: number[] = []
    const { put } = IDBObjectStore.prototype
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      const request = put.apply(this, args)
      request.addEventListener('success', () => answers.push(unfinished.size))
      return request
    })
    await ask()
    expect([...unfinished]).toEqual([])
    expect(answers.filter((count) => count > 0)).toEqual([])
  })
})

describe('a page that is left', () => {
  test('holds nothing: another page writes at once, after it', async () => {
    await outboxStorage.put(message)
    void draftStorage.put(draft)
    void historyCache.restore('me').catch(() => undefined)
    leave()
    const other = await otherPage()
    const texts = await new Promise((resolve) => {
      const reading = other.transaction('drafts', 'readwrite').objectStore('drafts').getAll()
      reading.onsuccess = () => resolve(reading.result)
    })
    // Drafts of other test files may lie in the same browser.
    expect(texts).toContainEqual(expect.objectContaining(draft))
    other.close()
  })

  test('asks nothing more, and goes on when it is shown again', async () => {
    await outboxStorage.put(message)
    leave()
    await expect(outboxStorage.of('me')).rejects.toThrow()
    comeBack()
    expect(await outboxStorage.of('me')).toMatchObject([message])
  })
})
