import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

/** A message that is not in the log yet, as far as this client knows. */
export interface OutgoingMessage {
  /** Made here, once: a message that is sent again is the same message. */
  readonly id: string
  readonly userId: string
  readonly groupId: string
  readonly text: string
  readonly createdAt: number
  /** Name of the reason for which the server refused it; undefined: under way. */
  readonly refused?: string | undefined
}

interface Schema extends DBSchema {
  outbox: { key: string; value: OutgoingMessage }
}

let database: Promise<IDBPDatabase<Schema>> | undefined
function open(): Promise<IDBPDatabase<Schema>> {
  database ??= openDB<Schema>('beseda', 1, {
    upgrade: (db) => void db.createObjectStore('outbox', { keyPath: 'id' }),
  })
  return database
}

/** Kept in IndexedDB: a reload, a crash or a closed laptop loses nothing that was typed and sent. */
export const outboxStorage = {
  async put(message: OutgoingMessage): Promise<void> {
    await (await open()).put('outbox', message)
  },
  async delete(id: string): Promise<void> {
    await (await open()).delete('outbox', id)
  },
  async of(userId: string): Promise<OutgoingMessage[]> {
    const all = await (await open()).getAll('outbox')
    return all
      .filter((message) => message.userId === userId)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
  },
}

export type OutboxStorage = typeof outboxStorage
