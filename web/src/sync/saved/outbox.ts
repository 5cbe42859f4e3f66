import { inOrder, type OutgoingMessage } from '../model/outgoing.js'
import { read, write } from './database.js'

const STORES = ['outbox'] as const

/** Stored in IndexedDB, so that a reload, a crash or a closed laptop loses no sent message. */
export const outboxStorage = {
  put: (message: OutgoingMessage): Promise<void> =>
    write(STORES, (writing) => [writing.objectStore('outbox').put(message)]),
  delete: (id: string): Promise<void> => write(STORES, (writing) => [writing.objectStore('outbox').delete(id)]),
  async of(userId: string): Promise<OutgoingMessage[]> {
    const all = await read(STORES, (reading) => reading.objectStore('outbox').getAll())
    return all.filter((message) => message.userId === userId).sort(inOrder)
  },
}

export type OutboxStorage = typeof outboxStorage

/** A change of the outbox, sent to the other windows. */
export type OutboxChange =
  | { readonly kind: 'put'; readonly message: OutgoingMessage }
  | { readonly kind: 'posted'; readonly id: string }
  | { readonly kind: 'gone'; readonly id: string }
