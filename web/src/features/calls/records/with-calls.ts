import type { TimelineItem } from '../../chat/timeline.js'
import type { CallEntry } from './call-entries.js'

const dayOf = (at: number): string => new Date(at).toDateString()
const callRow = (call: CallEntry): TimelineItem => ({ kind: 'call', key: `call ${call.id}`, call })
const dayRow = ({ id, startedAt }: CallEntry): TimelineItem => ({ kind: 'day', key: `day ${id}`, at: startedAt })

/** The rows of a conversation with its calls (in order) in their places, each under its day. */
export function withCalls(items: readonly TimelineItem[], calls: readonly CallEntry[]): readonly TimelineItem[] {
  if (calls.length === 0) return items
  const rows: TimelineItem[] = []
  let waiting = calls
  let day = ''
  const put = (call: CallEntry): void => {
    if (dayOf(call.startedAt) !== day) rows.push(dayRow(call))
    day = dayOf(call.startedAt)
    rows.push(callRow(call))
  }
  /** Days and the line of new messages belong to the message after them. */
  let heading: TimelineItem[] = []
  for (const item of items) {
    if (item.kind !== 'message') {
      heading.push(item)
      continue
    }
    const { seq, sentAt } = item.message
    const due = seq > 0 ? waiting.filter((call) => call.seq < seq) : []
    waiting = waiting.slice(due.length)
    for (const call of due.filter(({ startedAt }) => dayOf(startedAt) !== dayOf(sentAt))) put(call)
    const own = heading.find(({ kind }) => kind === 'day')
    if (own) rows.push(own)
    if (own) day = dayOf(sentAt)
    for (const call of due.filter(({ startedAt }) => dayOf(startedAt) === dayOf(sentAt))) put(call)
    rows.push(...heading.filter((row) => row !== own), due.length > 0 ? { ...item, head: true } : item)
    day = dayOf(sentAt)
    heading = []
  }
  rows.push(...heading)
  for (const call of waiting) put(call)
  return rows
}
