import type { Page } from 'playwright-core'

/** Everything that this browser stores for its people, as text; `store`: one object store only. */
export const keptIn = (page: Page, store = ''): Promise<string> => page.evaluate(read, store)

async function read(store: string): Promise<string> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('beseda')
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  const all: unknown[] = []
  for (const name of store ? [store] : db.objectStoreNames) {
    await new Promise<void>((resolve) => {
      const reading = db.transaction(name).objectStore(name).getAll()
      reading.onsuccess = () => {
        all.push(...reading.result)
        resolve()
      }
    })
  }
  db.close()
  return JSON.stringify(all, (_, value) => (typeof value === 'bigint' ? String(value) : value))
}
