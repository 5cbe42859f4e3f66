import { inOrder, type OutgoingMessage } from '../model/outgoing.js'
import { openDatabase } from './database.js'

/** Kept in IndexedDB: a reload, a crash or a closed laptop loses nothing that was typed and sent. */
export const outboxStorage = {
  async put(message: OutgoingMessage): Promise<void> {
    await (await openDatabase()).put('outbox', message)
  },
  async delete(id: string): Promise<void> {
    await (await openDatabase()).delete('outbox', id)
  },
  async of(userId: string): Promise<OutgoingMessage[]> {
    const all = await (await openDatabase()).getAll('outbox')
    return all.filter((message) => message.userId === userId).sort(inOrder)
  },
}

export type OutboxStorage = typeof outboxStorage

/** What one window does to the outbox, told to the others. */
export type OutboxChange =
  | { readonly kind: 'put'; readonly message: OutgoingMessage }
  | { readonly kind: 'posted'; readonly id: string }
  | { readonly kind: 'gone'; readonly id: string }
