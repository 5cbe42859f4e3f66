import { handled } from '../../diagnostics/log.js'
import { whenBack, whenLeaving } from '../../net/page-life.js'
import { storedSession } from '../../net/stored-session.js'
import type { Conversation } from '../model/model.js'
import { historyCache } from './history-cache.js'

/** Changed conversations are written together, this long after the first change. */
const GATHER_MS = 400

/** Keeps the saved history up to date with the conversations in memory. */
export class HistoryWriter {
  readonly #changed = new Set<string>()
  /** Owner of the history; empty: nothing is written. */
  #userId = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly conversations: ReadonlyMap<string, Conversation>) {
    // A save takes two steps, which a page that is left may not finish. What it has not saved, the next one fetches.
    whenLeaving(() => clearTimeout(this.#timer))
    whenBack(() => this.flush())
  }

  /** The data saved last. */
  async open(userId: string): Promise<Conversation[]> {
    this.#userId = userId
    return historyCache.restore(userId)
  }

  changed(groupId: string): void {
    this.#changed.add(groupId)
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS)
  }

  gone(groupId: string): void {
    this.#changed.delete(groupId)
    if (this.#userId !== '')
      void historyCache.forget(this.#userId, groupId).catch(handled('storage.history', 'STORAGE_FAILED'))
  }

  /** Writes at once: after a deletion the old content must not stay on the disk. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const changed = [...this.#changed].flatMap((groupId) => this.conversations.get(groupId) ?? [])
    this.#changed.clear()
    if (changed.length === 0 || this.#userId === '') return
    const userId = this.#userId
    // Otherwise another window has signed out and deleted everything.
    const isSignedIn = () => storedSession()?.userId === userId
    if (isSignedIn())
      void historyCache.save(userId, changed, isSignedIn).catch(handled('storage.history', 'STORAGE_FAILED'))
  }

  /** The person is signed out: stops writing and deletes what was saved. */
  async forget(withUnsent: boolean): Promise<void> {
    const userId = this.#userId
    this.#userId = ''
    this.flush()
    if (userId !== '') await historyCache.clear(userId, withUnsent)
  }
}
