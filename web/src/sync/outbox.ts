import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

/** A file that has been uploaded and goes with a message. */
export interface OutgoingFile {
  readonly fileId: string
  readonly name: string
  readonly contentType: string
  readonly size: number
  readonly width: number
  readonly height: number
  readonly hasThumbnail: boolean
  /** A voice message: its length, and loudness from 0 to 255 at even steps. */
  readonly voice: boolean
  readonly durationMs: number
  readonly waveform: readonly number[]
}

/** What a person has written, beside its place. */
export interface Draft {
  readonly text: string
  readonly replyTo?: string
  readonly threadId?: string
  readonly files?: readonly OutgoingFile[]
  readonly forward?: { readonly groupId: string; readonly messageId: string }
}

/** A message that is not in the log yet, as far as this client knows. */
export interface OutgoingMessage extends Draft {
  /** Made here, once: a message that is sent again is the same message. */
  readonly id: string
  readonly userId: string
  readonly groupId: string
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
