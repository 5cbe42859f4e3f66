import type { CallEntry } from '../../calls/records/call-entries.js'
import type { MessageRow, TimelineItem } from './timeline.js'

/** Messages between two places from which the rows may be made on. */
const STRIDE = 64

/** How far the rows had come after a message. */
interface Mark {
  readonly items: number
  readonly rows: number
  readonly calls: number
  readonly day: string
  /** Of the message. */
  readonly seq: number
}
const BEGINNING: Mark = { items: 0, rows: 0, calls: 0, day: '', seq: 0 }

const dayOf = (at: number): string => new Date(at).toDateString()
const dayRow = ({ id, startedAt }: CallEntry): TimelineItem => ({ kind: 'day', key: `day ${id}`, at: startedAt })

/**
 * The rows of a conversation with its calls in their places, each under its day; built again and again. What stands well before the
 * first change is not looked at, and a row that has not changed is the same object as before.
 */
export class CallTimeline {
  readonly #callRows = new WeakMap<CallEntry, TimelineItem>()
  readonly #headed = new WeakMap<MessageRow, MessageRow>()
  #items: readonly TimelineItem[] = []
  #calls: readonly CallEntry[] = []
  #rows: readonly TimelineItem[] = []
  #marks: readonly Mark[] = []

  /** Both in order. */
  build(items: readonly TimelineItem[], calls: readonly CallEntry[]): readonly TimelineItem[] {
    if (calls.length === 0) return items
    const marks = this.#valid(items, calls)
    const start = marks.at(-1) ?? BEGINNING
    const rows = this.#rows.slice(0, start.rows)
    let { day, seq, calls: told } = start
    const put = (call: CallEntry): void => {
      if (dayOf(call.startedAt) !== day) rows.push(dayRow(call))
      day = dayOf(call.startedAt)
      rows.push(this.#callRow(call))
    }
    /** Days and the line of new messages belong to the message after them. */
    let heading: TimelineItem[] = []
    let since = 0
    for (let i = start.items; i < items.length; i++) {
      const item = items[i] as TimelineItem
      if (item.kind !== 'message') {
        heading.push(item)
        continue
      }
      const { sentAt } = item.message
      // Those on their way have no place in the log yet.
      seq = item.message.seq || seq
      const from = told
      while (item.message.seq > 0 && (calls[told]?.seq ?? seq) < seq) told++
      const due = calls.slice(from, told)
      for (const call of due.filter(({ startedAt }) => dayOf(startedAt) !== dayOf(sentAt))) put(call)
      const own = heading.find(({ kind }) => kind === 'day')
      if (own) rows.push(own)
      if (own) day = dayOf(sentAt)
      for (const call of due.filter(({ startedAt }) => dayOf(startedAt) === dayOf(sentAt))) put(call)
      rows.push(...heading.filter((row) => row !== own), due.length > 0 ? this.#withHead(item) : item)
      day = dayOf(sentAt)
      heading = []
      if (++since % STRIDE === 0) marks.push({ items: i + 1, rows: rows.length, calls: told, day, seq })
    }
    rows.push(...heading)
    for (const call of calls.slice(told)) put(call)
    this.#items = items
    this.#calls = calls
    this.#rows = rows
    this.#marks = marks
    return rows
  }

  /** Marks before which nothing has changed. */
  #valid(items: readonly TimelineItem[], calls: readonly CallEntry[]): Mark[] {
    const sameItems = commonStart(this.#items, items)
    const sameCalls = commonStart(this.#calls, calls)
    const isValid = (mark: Mark) =>
      mark.items <= sameItems && mark.calls <= sameCalls && (calls[mark.calls]?.seq ?? mark.seq) >= mark.seq
    const broken = this.#marks.findIndex((mark) => !isValid(mark))
    return this.#marks.slice(0, broken < 0 ? this.#marks.length : broken)
  }

  #callRow(call: CallEntry): TimelineItem {
    const row = this.#callRows.get(call) ?? { kind: 'call', key: `call ${call.id}`, call }
    this.#callRows.set(call, row)
    return row
  }

  /** After a call a message says again whose it is. */
  #withHead(row: MessageRow): MessageRow {
    if (row.head) return row
    const headed = this.#headed.get(row) ?? { ...row, head: true }
    this.#headed.set(row, headed)
    return headed
  }
}

function commonStart<Thing>(one: readonly Thing[], other: readonly Thing[]): number {
  const end = Math.min(one.length, other.length)
  let same = 0
  while (same < end && one[same] === other[same]) same++
  return same
}
