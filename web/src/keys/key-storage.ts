import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { handled } from '../diagnostics/log.js'
import { KEYS_DATABASE } from './forget-keys.js'
import type { PeopleStore } from './key-book.js'
import type { KnownPerson } from './known-person.js'
import { keysInMemory } from './memory.js'
import type { PairStore } from './own-key.js'

interface Schema extends DBSchema {
  /** The key of this device, by person. The browser does not give the private half away. */
  own: { key: string; value: CryptoKeyPair }
  /** The keys of others, by the person here and the other one. */
  people: { key: [userId: string, otherId: string]; value: KnownPerson }
}

/**
 * What this browser keeps of keys, for one person: in a database of its own, opened only by those who need it. Where storage is blocked
 * keys last as long as the page, and others are told of a new key after each reload.
 */
export function keyStorage(me: string): PairStore & PeopleStore {
  const memory = keysInMemory()
  let opening: Promise<IDBPDatabase<Schema>> | undefined
  const open = () => {
    opening ??= openDB<Schema>(KEYS_DATABASE, 1, {
      upgrade: (db) => {
        db.createObjectStore('own')
        db.createObjectStore('people')
      },
      // Somebody signs out in another window.
      blocking: () => close(),
      terminated: () => close(),
    })
    return opening
  }
  const close = () => {
    void opening?.then((db) => db.close()).catch(handled('keys.storage', 'STORAGE_FAILED'))
    opening = undefined
  }
  const orHere = async <T>(stored: () => Promise<T>, here: () => Promise<T>): Promise<T> => {
    try {
      return await stored()
    } catch (error) {
      handled('keys.storage', 'STORAGE_FAILED')(error)
      opening = undefined
      return here()
    }
  }

  return {
    keep: (userId, made) =>
      orHere(
        async () => {
          const db = await open()
          const present = await db.get('own', userId)
          if (present) return present
          const pair = await made()
          // Another window may have been faster.
          const writing = db.transaction('own', 'readwrite')
          const first = await writing.store.get(userId)
          if (!first) await writing.store.put(pair, userId)
          await writing.done
          return first ?? pair
        },
        () => memory.keep(userId, made),
      ),
    get: (otherId) =>
      orHere(
        async () => (await memory.get(otherId)) ?? (await (await open()).get('people', [me, otherId])),
        () => memory.get(otherId),
      ),
    put: (person) =>
      orHere(
        async () => void (await (await open()).put('people', person, [me, person.userId])),
        () => memory.put(person),
      ),
  }
}
