import { inOrder, type OutgoingMessage } from '../model/outgoing.js'
import { openDatabase } from './database.js'

/** Stored in IndexedDB, so that a reload, a crash or a closed laptop loses no sent message. */
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

/** A change of the outbox, sent to the other windows. */
export type OutboxChange =
  | { readonly kind: 'put'; readonly message: OutgoingMessage }
  | { readonly kind: 'posted'; readonly id: string }
  | { readonly kind: 'gone'; readonly id: string }
