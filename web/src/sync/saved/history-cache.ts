import type { User } from '@beseda/proto/identity/v1/identity_service'
import { type Conversation, NOTHING_FETCHED, NOTHING_READ } from '../model/model.js'
import { clear, clearUnfinished } from './clear.js'
import { ofPerson, read, write } from './database.js'

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
type Saved = Omit<Conversation, 'asOf' | 'hiddenAhead'> & Partial<Pick<Conversation, 'asOf' | 'hiddenAhead'>>
const restored = (saved: Saved): Conversation => ({
  ...saved,
  asOf: saved.asOf ?? NOTHING_FETCHED,
  hiddenAhead: saved.hiddenAhead ?? [],
  read: { ...NOTHING_READ, ...saved.read },
})

/** All windows write the same data; one that lags behind must not overwrite what another one has written. */
const isOlder = (a: Conversation, b: Conversation): boolean =>
  a.epoch === b.epoch && (['group', 'roster', 'messages', 'calls'] as const).some((lane) => a.seqs[lane] < b.seqs[lane])

const CONVERSATIONS = ['conversations'] as const
const PEOPLE = ['people'] as const

/** The copy of the history in this browser: disposable, and deleted at sign-out. All of it rejects when the storage does not answer in time. */
export const historyCache = {
  async restore(userId: string): Promise<Conversation[]> {
    await clearUnfinished()
    const saved = await read(CONVERSATIONS, (reading) => reading.objectStore('conversations').getAll(ofPerson(userId)))
    return saved.map(({ conversation }) => restored(conversation))
  },

  /**
   * Reads what other windows have saved, then writes in one step. `mayWrite`: asked again before the write, because the person may have
   * signed out in between.
   */
  async save(userId: string, conversations: readonly Conversation[], mayWrite = () => true): Promise<void> {
    const saved = await read(CONVERSATIONS, (reading) => {
      const store = reading.objectStore('conversations')
      return Promise.all(conversations.map(({ id }) => store.get([userId, id])))
    })
    const newer = conversations.filter((conversation, i) => {
      const present = saved[i]
      return !present || !isOlder(conversation, present.conversation)
    })
    if (newer.length === 0 || !mayWrite()) return
    await write(CONVERSATIONS, (writing) => {
      const store = writing.objectStore('conversations')
      return newer.map((one) => store.put({ userId, groupId: one.id, conversation: cacheable(one) }))
    })
  },

  forget: (userId: string, groupId: string): Promise<void> =>
    write(CONVERSATIONS, (writing) => [writing.objectStore('conversations').delete([userId, groupId])]),

  async people(userId: string): Promise<User[]> {
    const saved = await read(PEOPLE, (reading) => reading.objectStore('people').getAll(ofPerson(userId)))
    return saved.map(({ person }) => person)
  },

  savePeople: (userId: string, people: readonly User[]): Promise<void> =>
    write(PEOPLE, (writing) => {
      const store = writing.objectStore('people')
      return people.map((person) => store.put({ userId, personId: person.id, person }))
    }),

  /** The person signs out. Unsent messages are deleted too, if the person signed out here. */
  clear,
}
