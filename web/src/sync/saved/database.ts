import type { User } from '@beseda/proto/identity/v1/identity_service'
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { handled } from '../../diagnostics/log.js'
import type { StoredDraft } from '../model/draft.js'
import type { Conversation } from '../model/model.js'
import type { OutgoingMessage } from '../model/outgoing.js'

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

let database: Promise<IDBPDatabase<Schema>> | undefined

/** Opened once per window. Closed when a newer page in another window upgrades it. */
export function openDatabase(): Promise<IDBPDatabase<Schema>> {
  database ??= openDB<Schema>('beseda', 2, {
    upgrade: (db, from) => {
      if (from < 1) db.createObjectStore('outbox', { keyPath: 'id' })
      db.createObjectStore('drafts', { keyPath: 'key' })
      db.createObjectStore('conversations', { keyPath: ['userId', 'groupId'] })
      db.createObjectStore('people', { keyPath: ['userId', 'personId'] })
    },
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    terminated: () => {
      database = undefined
    },
  })
  // The next use tries to open it again.
  database.catch((error: unknown) => {
    handled('storage.open', 'STORAGE_FAILED')(error)
    database = undefined
  })
  return database
}

/** All keys that begin with the person's id. */
export const ofPerson = (userId: string): IDBKeyRange => IDBKeyRange.bound([userId], [userId, []])
