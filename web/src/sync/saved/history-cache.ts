import type { User } from '@beseda/proto/identity/v1/identity_service'
import { type Conversation, NOTHING_FETCHED, NOTHING_READ } from '../model/model.js'
import { ofPerson, openDatabase } from './database.js'

/** Messages saved of each conversation: as many as a first page has. */
export const CACHED_MESSAGES = 50

/**
 * The part of a conversation saved for the next start: the newest run, for painting at once and reading without a network.
 * Disappearing messages are not saved: nothing would remove them while the browser is closed.
 */
export function cacheable(conversation: Conversation): Conversation {
  const { messages, hasNewer, hasOlder, lastMessage } = conversation
  const newest = hasNewer ? undefined : messages?.slice(-CACHED_MESSAGES)
  const lasts = ({ expiresAt }: { expiresAt: number }) => expiresAt === 0
  return {
    ...conversation,
    thread: undefined,
    messages: newest?.filter(lasts),
    hasOlder: hasOlder || (newest?.length ?? 0) < (messages?.length ?? 0),
    hasNewer: false,
    lastMessage: lastMessage && lasts(lastMessage) ? lastMessage : undefined,
  }
}

/** As saved by this or an older version of the client. */
type Kept = Omit<Conversation, 'asOf' | 'hiddenAhead'> & Partial<Pick<Conversation, 'asOf' | 'hiddenAhead'>>
const restored = (kept: Kept): Conversation => ({
  ...kept,
  asOf: kept.asOf ?? NOTHING_FETCHED,
  hiddenAhead: kept.hiddenAhead ?? [],
  read: { ...NOTHING_READ, ...kept.read },
})

/** All windows write the same data; one that lags behind must not overwrite what another one has written. */
const isOlder = (a: Conversation, b: Conversation): boolean =>
  a.epoch === b.epoch && (['group', 'roster', 'messages', 'calls'] as const).some((lane) => a.seqs[lane] < b.seqs[lane])

/** The copy of the history in this browser: disposable, and deleted at sign-out. */
export const historyCache = {
  async restore(userId: string): Promise<Conversation[]> {
    const kept = await (await openDatabase()).getAll('conversations', ofPerson(userId))
    return kept.map(({ conversation }) => restored(conversation))
  },

  async save(userId: string, conversations: readonly Conversation[]): Promise<void> {
    const writing = (await openDatabase()).transaction('conversations', 'readwrite')
    for (const conversation of conversations) {
      const present = await writing.store.get([userId, conversation.id])
      if (present && isOlder(conversation, present.conversation)) continue
      await writing.store.put({ userId, groupId: conversation.id, conversation: cacheable(conversation) })
    }
    await writing.done
  },

  async forget(userId: string, groupId: string): Promise<void> {
    await (await openDatabase()).delete('conversations', [userId, groupId])
  },

  async people(userId: string): Promise<User[]> {
    const kept = await (await openDatabase()).getAll('people', ofPerson(userId))
    return kept.map(({ person }) => person)
  },

  async savePeople(userId: string, people: readonly User[]): Promise<void> {
    const writing = (await openDatabase()).transaction('people', 'readwrite')
    for (const person of people) await writing.store.put({ userId, personId: person.id, person })
    await writing.done
  },

  /** The person signs out. Unsent messages are deleted too, if the person signed out here. */
  async clear(userId: string, withUnsent: boolean): Promise<void> {
    const db = await openDatabase()
    await Promise.all([db.delete('conversations', ofPerson(userId)), db.delete('people', ofPerson(userId))])
    if (!withUnsent) return
    await db.delete('drafts', IDBKeyRange.bound(`${userId} `, `${userId} \uffff`))
    const sent = await db.getAll('outbox')
    await Promise.all(sent.filter((message) => message.userId === userId).map(({ id }) => db.delete('outbox', id)))
  },
}
