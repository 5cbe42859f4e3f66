import { localStore } from '../../browser.js'
import { ofPerson, read, write } from './database.js'
import { draftsOf } from './drafts.js'

/** What is still to be deleted when the storage did not answer at sign-out: `<user id>` or, with unsent messages, `<user id> all`. */
const UNFINISHED = 'beseda.storage.clear'

/** Deletes the data of a person. What cannot be deleted now is deleted before anything is restored. */
export async function clear(userId: string, withUnsent: boolean): Promise<void> {
  try {
    await clearNow(userId, withUnsent)
  } catch (error) {
    localStore.setItem(UNFINISHED, withUnsent ? `${userId} all` : userId)
    throw error
  }
  localStore.removeItem(UNFINISHED)
}

export async function clearUnfinished(): Promise<void> {
  const [userId, all] = localStore.getItem(UNFINISHED)?.split(' ') ?? []
  if (userId) await clear(userId, all !== undefined)
}

async function clearNow(userId: string, withUnsent: boolean): Promise<void> {
  const copies = write(['conversations', 'people'], (writing) => [
    writing.objectStore('conversations').delete(ofPerson(userId)),
    writing.objectStore('people').delete(ofPerson(userId)),
  ])
  if (!withUnsent) return copies
  const unsent = read(['outbox'], (reading) => reading.objectStore('outbox').getAll())
  const [messages] = await Promise.all([unsent, copies])
  await write(['drafts', 'outbox'], (writing) => {
    const mine = messages.filter((message) => message.userId === userId)
    return [
      writing.objectStore('drafts').delete(draftsOf(userId)),
      ...mine.map(({ id }) => writing.objectStore('outbox').delete(id)),
    ]
  })
}
