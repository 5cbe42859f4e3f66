import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import type { BesedaEvent } from './events.js'
import type { Step } from './positions.js'

/** Events that wait for the program. With more of them the connection is closed until half are gone: memory stays bounded. */
const MAX_WAITING = 5_000

interface Waiting {
  readonly event: BesedaEvent | undefined
  /** Where the group stands when the event has been handled. */
  readonly groupId: string | undefined
  readonly cursor: Cursor | null | undefined
}

export interface InboxListener {
  full(): void
  emptier(): void
}

/** Events on their way to the program, one after another, and how far it has come. */
export class Inbox {
  #waiting: Waiting[] = []
  readonly #handled: Map<string, Cursor>
  #isFull = false
  #ended: { readonly error: Error | undefined } | undefined
  #wake: (() => void) | undefined
  /** What the program is handling now. */
  #open: Waiting | undefined

  constructor(
    cursors: readonly Cursor[],
    private readonly listener: InboxListener,
    private readonly limit = MAX_WAITING,
  ) {
    this.#handled = new Map(cursors.map((cursor) => [cursor.groupId, cursor]))
  }

  /** Up to where everything has been handled: a later run that starts here misses nothing, and gets the event again that was being handled. */
  get handled(): Cursor[] {
    return [...this.#handled.values()]
  }

  put({ events, groupId, cursor }: Step): void {
    if (this.#ended) return
    const last = events.length - 1
    // The group has moved when the last event of the step is handled.
    for (const [index, event] of events.entries())
      this.#waiting.push({ event, groupId, cursor: index === last ? cursor : undefined })
    if (last < 0) this.#waiting.push({ event: undefined, groupId, cursor })
    if (this.#waiting.length > this.limit && !this.#isFull) {
      this.#isFull = true
      this.listener.full()
    }
    this.#wake?.()
  }

  /** No more events come: the program gets those that wait, then the error. */
  fail(error: Error): void {
    this.#ended ??= { error }
    this.#wake?.()
  }

  /** The program wants no more: what waits, and what it has in hand, is not handled, so that a later run gets it. */
  close(): void {
    this.#waiting = []
    this.#open = undefined
    this.#ended ??= { error: undefined }
    this.#wake?.()
  }

  /** The next event, when the one before has been handled; undefined: there will be none. Errors: that of `fail`. */
  async next(): Promise<BesedaEvent | undefined> {
    this.#settle()
    for (;;) {
      const waiting = this.#waiting.shift()
      this.#relieve()
      if (waiting?.event) {
        this.#open = waiting
        return waiting.event
      }
      if (waiting) this.#move(waiting)
      else if (this.#ended?.error) throw this.#ended.error
      else if (this.#ended) return undefined
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #settle(): void {
    if (this.#open) this.#move(this.#open)
    this.#open = undefined
  }

  #move({ groupId, cursor }: Waiting): void {
    if (groupId === undefined || cursor === undefined) return
    if (cursor === null) this.#handled.delete(groupId)
    else this.#handled.set(groupId, cursor)
  }

  #relieve(): void {
    if (!this.#isFull || this.#ended || this.#waiting.length > this.limit / 2) return
    this.#isFull = false
    this.listener.emptier()
  }
}
