/** For specs: a connection of another page to the same database. */
export function otherPage(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('beseda')
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
}

/** Another page holds all stores in the middle of a write, as one does that was frozen there. Returns a function that lets go. */
export async function held(): Promise<() => void> {
  const db = await otherPage()
  const writing = db.transaction([...db.objectStoreNames], 'readwrite')
  const store = writing.objectStore('outbox')
  let isHeld = true
  /** A transaction is over when nothing is asked of it any more. */
  const goOn = (): void => {
    if (isHeld) store.count().onsuccess = goOn
    else db.close()
  }
  goOn()
  return () => {
    isHeld = false
  }
}

/** The page is left, into the back/forward cache or for good. */
export const leave = (persisted = true): boolean =>
  window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted }))
export const comeBack = (): boolean => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
