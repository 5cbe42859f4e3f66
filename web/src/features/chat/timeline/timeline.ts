import type { ChatMessage, ReadMark } from '../../../sync/model/model.js'
import type { OutgoingMessage } from '../../../sync/model/outgoing.js'
import { onItsWay } from './on-its-way.js'
import type { ShownMessage } from './shown-message.js'

/** Messages of one author within this time share one header. */
const GATHER_MS = 5 * 60_000

export interface MessageRow {
  readonly kind: 'message'
  readonly key: string
  readonly message: ShownMessage
  /** With the author's picture and name. */
  readonly head: boolean
}

/** Something of the conversation that is not a message, such as a call: it is shown where it began. */
export interface Aside {
  readonly id: string
  /** Sequence of the commit with which it began. */
  readonly seq: number
  /** Unix ms. */
  readonly startedAt: number
}

export type TimelineItem<A extends Aside = Aside> =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  /** Before the first message that was unread when the conversation was opened. */
  | { readonly kind: 'unread'; readonly key: string }
  | { readonly kind: 'aside'; readonly key: string; readonly aside: A }
  | MessageRow

export interface TimelineInput {
  readonly messages: readonly ChatMessage[]
  readonly outgoing?: readonly OutgoingMessage[]
  /** Undefined: no line of new messages. */
  readonly readBefore?: Pick<ReadMark, 'seq' | 'index'> | undefined
  readonly me?: string
}

/** The rows of a conversation from top to bottom: days, messages, and at the end the messages that are still being sent. */
export const timelineOf = (input: TimelineInput): readonly TimelineItem<never>[] => new Timeline().build(input)

/**
 * A timeline that is built to be rebuilt: the row of an unchanged message stays the same object, so that it is not rendered again, and
 * rows before the first change are not compared.
 */
export class Timeline {
  readonly #rows = new WeakMap<ChatMessage, MessageRow>()
  readonly #sent = new WeakMap<ChatMessage, ShownMessage>()
  readonly #onTheirWay = new WeakMap<OutgoingMessage, ShownMessage>()
  readonly #days = new Days()
  #messages: readonly ChatMessage[] = []
  #items: readonly TimelineItem<never>[] = []
  /** `ends[i]`: the number of rows after message i was added. */
  #ends: number[] = []
  #marked: Pick<ReadMark, 'seq' | 'index'> | undefined

  build({ messages, outgoing = [], readBefore, me = '' }: TimelineInput): readonly TimelineItem<never>[] {
    const same = this.#marked === readBefore ? commonStart(this.#messages, messages) : 0
    const items = this.#items.slice(0, same === 0 ? 0 : this.#ends[same - 1])
    const ends = this.#ends.slice(0, same)
    let before = messages[same - 1]
    let marked = readBefore === undefined || items.some(({ kind }) => kind === 'unread')
    const add = (message: ShownMessage, source: ChatMessage) => {
      const newDay = !before || this.#days.of(before.sentAt) !== this.#days.of(message.sentAt)
      if (newDay) items.push({ kind: 'day', key: `day ${message.id}`, at: message.sentAt })
      const isNew = !marked && readBefore && message.seq > 0 && message.authorId !== me && isAfter(message, readBefore)
      if (isNew) items.push({ kind: 'unread', key: 'unread' })
      marked ||= isNew === true
      items.push(this.#row(source, message, newDay || isNew === true || !follows(before, message)))
      before = message
    }
    for (const message of messages.slice(same)) {
      add(this.#asSent(message), message)
      ends.push(items.length)
    }
    this.#messages = messages
    this.#items = [...items]
    this.#ends = ends
    this.#marked = readBefore
    if (outgoing.length === 0) return this.#items
    const stored = new Set(messages.slice(-100).map(({ id }) => id))
    for (const message of outgoing.filter(({ id }) => !stored.has(id))) {
      const shown = this.#asOutgoing(message)
      add(shown, shown)
    }
    return items
  }

  #row(source: ChatMessage, message: ShownMessage, head: boolean): MessageRow {
    const known = this.#rows.get(source)
    if (known?.message === message && known.head === head) return known
    const row: MessageRow = { kind: 'message', key: message.id, message, head }
    this.#rows.set(source, row)
    return row
  }

  #asSent(message: ChatMessage): ShownMessage {
    const known = this.#sent.get(message)
    if (known) return known
    const shown: ShownMessage = { ...message, state: 'sent', refused: undefined }
    this.#sent.set(message, shown)
    return shown
  }

  #asOutgoing(message: OutgoingMessage): ShownMessage {
    const known = this.#onTheirWay.get(message)
    if (known) return known
    const shown = onItsWay(message)
    this.#onTheirWay.set(message, shown)
    return shown
  }
}

function commonStart(a: readonly ChatMessage[], b: readonly ChatMessage[]): number {
  const most = Math.min(a.length, b.length)
  let same = 0
  while (same < most && a[same] === b[same]) same++
  return same
}

/** Under the same header as the previous message. */
const follows = (before: ChatMessage | undefined, message: ChatMessage): boolean =>
  before !== undefined &&
  message.replyTo === '' &&
  !message.forwarded &&
  before.authorId === message.authorId &&
  before.authorName === message.authorName &&
  message.sentAt - before.sentAt < GATHER_MS

const isAfter = (message: ShownMessage, mark: Pick<ReadMark, 'seq' | 'index'>): boolean =>
  message.seq > mark.seq || (message.seq === mark.seq && message.index > mark.index)

/** The person's days. Neighbours are usually on the same day, which is then not computed again. */
class Days {
  #from = 0
  #to = 0
  #name = ''

  of(at: number): string {
    if (at < this.#from || at >= this.#to) {
      const day = new Date(at)
      this.#name = day.toDateString()
      this.#from = day.setHours(0, 0, 0, 0)
      this.#to = day.setDate(day.getDate() + 1)
    }
    return this.#name
  }
}
