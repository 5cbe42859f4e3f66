import type { User } from '@beseda/proto/identity/v1/identity_service'
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from 'idb'
import { handled } from '../../diagnostics/log.js'
import { whenBack, whenLeaving } from '../../net/page-life.js'
import type { StoredDraft } from '../model/draft.js'
import type { Conversation } from '../model/model.js'
import type { OutgoingMessage } from '../model/outgoing.js'
import { inTime } from './in-time.js'

/** All data that this browser stores for one person, in IndexedDB. Only the outbox and the drafts exist nowhere else. */
export interface Schema extends DBSchema {
  outbox: { key: string; value: OutgoingMessage }
  drafts: { key: string; value: StoredDraft }
  conversations: { key: [userId: string, groupId: string]; value: CachedConversation }
  people: { key: [userId: string, personId: string]; value: CachedPerson }
}
export interface CachedConversation {
  readonly userId: string
  readonly groupId: string
  readonly conversation: Conversation
}
export interface CachedPerson {
  readonly userId: string
  readonly personId: string
  readonly person: User
}

type Database = IDBPDatabase<Schema>
type Stores = readonly StoreNames<Schema>[]
type Reading = IDBPTransaction<Schema, Stores, 'readonly'>
type Writing = IDBPTransaction<Schema, Stores, 'readwrite'>

let opening: Promise<Database> | undefined
/** Also there without waiting: what is written when the page is left must be under way before it is frozen. */
let opened: Database | undefined
let isLeaving = false
const reads = new Set<Reading>()

/** Opened once per window, and again after the page was frozen. */
function open(): Promise<Database> {
  opening ??= openDB<Schema>('beseda', 2, {
    upgrade: (db, from) => {
      if (from < 1) db.createObjectStore('outbox', { keyPath: 'id' })
      db.createObjectStore('drafts', { keyPath: 'key' })
      db.createObjectStore('conversations', { keyPath: ['userId', 'groupId'] })
      db.createObjectStore('people', { keyPath: ['userId', 'personId'] })
    },
    // A newer page in another window upgrades it.
    blocking: () => close(),
    terminated: () => close(),
  })
  const mine = opening
  mine.then(
    (db) => {
      if (opening === mine && !isLeaving) opened = db
      else db.close()
    },
    (error: unknown) => {
      handled('storage.open', 'STORAGE_FAILED')(error)
      // The next use tries to open it again.
      if (opening === mine) opening = undefined
    },
  )
  return mine
}

function close(): void {
  opened?.close()
  opened = undefined
  opening = undefined
}

/** Calls `begin` with the open database: at once if it is open. */
const withDatabase = <T>(begin: (db: Database) => Promise<T>): Promise<T> => {
  if (opened) return begin(opened)
  return isLeaving ? Promise.reject(new Error('the page is being left')) : open().then(begin)
}

/** Reads in one transaction. Rejects when the storage does not answer in time. */
export const read = <T>(stores: Stores, step: (reading: Reading) => Promise<T>): Promise<T> =>
  inTime(
    withDatabase(async (db) => {
      const reading = db.transaction(stores, 'readonly')
      reads.add(reading)
      const [answer] = await Promise.all([step(reading), reading.done]).finally(() => reads.delete(reading))
      return answer
    }),
  )

/**
 * Writes in one transaction. `step` makes all its requests at once and returns them, so that the browser carries them out without the
 * page: a page that is left in the middle of a write must not hold the store until it is shown again (WebKit keeps such a page for
 * minutes). Rejects when the storage does not answer in time; the write stays in the queue.
 */
export const write = (stores: Stores, step: (writing: Writing) => readonly Promise<unknown>[]): Promise<void> =>
  inTime(
    withDatabase(async (db) => {
      const writing = db.transaction(stores, 'readwrite')
      const requests = step(writing)
      // Settled together: requests of an aborted transaction are rejected one by one.
      const done = Promise.all([...requests, writing.done])
      writing.commit()
      await done
    }),
  )

function abort(reading: Reading): void {
  try {
    reading.abort()
  } catch {
    // It is complete, and the page has not heard of it yet.
  }
}

whenLeaving(() => {
  isLeaving = true
  for (const reading of reads) abort(reading)
  close()
}, 'last')
whenBack(() => {
  isLeaving = false
})

/** All keys that begin with the person's id. */
export const ofPerson = (userId: string): IDBKeyRange => IDBKeyRange.bound([userId], [userId, []])
