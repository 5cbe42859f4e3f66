import type { Aside, MessageRow, TimelineItem } from './timeline.js'

/** Messages between two marks; a rebuild can continue from a mark. */
const STRIDE = 64

/** The number of rows after a message. */
interface Mark {
  readonly items: number
  readonly rows: number
  readonly asides: number
  readonly day: string
  /** Of the message. */
  readonly seq: number
}
const BEGINNING: Mark = { items: 0, rows: 0, asides: 0, day: '', seq: 0 }

const dayOf = (at: number): string => new Date(at).toDateString()
const dayRow = ({ id, startedAt }: Aside): TimelineItem<never> => ({ kind: 'day', key: `day ${id}`, at: startedAt })

/**
 * The rows of a conversation with its asides in position, each under its day. It is built to be rebuilt: rows well before the first
 * change are reused without a comparison, and an unchanged row stays the same object.
 */
export class TimelineWithAsides<A extends Aside> {
  readonly #asideRows = new WeakMap<A, TimelineItem<A>>()
  readonly #headed = new WeakMap<MessageRow, MessageRow>()
  #items: readonly TimelineItem<never>[] = []
  #asides: readonly A[] = []
  #rows: readonly TimelineItem<A>[] = []
  #marks: readonly Mark[] = []

  /** Both in order. */
  build(items: readonly TimelineItem<never>[], asides: readonly A[]): readonly TimelineItem<A>[] {
    if (asides.length === 0) return items
    const marks = this.#valid(items, asides)
    const start = marks.at(-1) ?? BEGINNING
    const rows = this.#rows.slice(0, start.rows)
    let { day, seq, asides: placed } = start
    const put = (aside: A): void => {
      if (dayOf(aside.startedAt) !== day) rows.push(dayRow(aside))
      day = dayOf(aside.startedAt)
      rows.push(this.#asideRow(aside))
    }
    /** Days and the line of new messages belong to the message after them. */
    let heading: TimelineItem<never>[] = []
    let since = 0
    for (let i = start.items; i < items.length; i++) {
      const item = items[i] as TimelineItem<never>
      if (item.kind !== 'message') {
        heading.push(item)
        continue
      }
      const { sentAt } = item.message
      // Messages that are still being sent have no sequence yet.
      seq = item.message.seq || seq
      const from = placed
      while (item.message.seq > 0 && (asides[placed]?.seq ?? seq) < seq) placed++
      const due = asides.slice(from, placed)
      for (const aside of due.filter(({ startedAt }) => dayOf(startedAt) !== dayOf(sentAt))) put(aside)
      const own = heading.find(({ kind }) => kind === 'day')
      if (own) rows.push(own)
      if (own) day = dayOf(sentAt)
      for (const aside of due.filter(({ startedAt }) => dayOf(startedAt) === dayOf(sentAt))) put(aside)
      rows.push(...heading.filter((row) => row !== own), due.length > 0 ? this.#withHead(item) : item)
      day = dayOf(sentAt)
      heading = []
      if (++since % STRIDE === 0) marks.push({ items: i + 1, rows: rows.length, asides: placed, day, seq })
    }
    rows.push(...heading)
    for (const aside of asides.slice(placed)) put(aside)
    this.#items = items
    this.#asides = asides
    this.#rows = rows
    this.#marks = marks
    return rows
  }

  /** Marks before which nothing has changed. */
  #valid(items: readonly TimelineItem<never>[], asides: readonly A[]): Mark[] {
    const sameItems = commonStart(this.#items, items)
    const sameAsides = commonStart(this.#asides, asides)
    const isValid = (mark: Mark) =>
      mark.items <= sameItems && mark.asides <= sameAsides && (asides[mark.asides]?.seq ?? mark.seq) >= mark.seq
    const broken = this.#marks.findIndex((mark) => !isValid(mark))
    return this.#marks.slice(0, broken < 0 ? this.#marks.length : broken)
  }

  #asideRow(aside: A): TimelineItem<A> {
    const row = this.#asideRows.get(aside) ?? { kind: 'aside', key: `aside ${aside.id}`, aside }
    this.#asideRows.set(aside, row)
    return row
  }

  /** After an aside a message shows its author again. */
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

/** The asides that belong between the messages of a run. */
export function asidesWithin<A extends Aside>(
  asides: readonly A[],
  run: {
    readonly messages: readonly { readonly seq: number }[]
    readonly hasOlder: boolean
    readonly hasNewer: boolean
  },
): readonly A[] {
  const from = run.hasOlder ? (run.messages[0]?.seq ?? 0) : 0
  const to = run.hasNewer ? (run.messages.at(-1)?.seq ?? 0) : Number.POSITIVE_INFINITY
  return asides.filter(({ seq }) => seq >= from && seq <= to)
}
