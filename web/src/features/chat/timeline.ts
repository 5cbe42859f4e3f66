import type { ChatMessage } from '../../sync/model.js'
import type { OutgoingMessage } from '../../sync/outbox.js'

/** Messages of one author within this time share one head. */
const GATHER_MS = 5 * 60_000

export interface ShownMessage {
  readonly id: string
  readonly authorId: string
  readonly text: string
  readonly sentAt: number
  readonly state: 'sent' | 'sending' | 'refused'
  readonly refused: string | undefined
}

export type TimelineItem =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'message'; readonly key: string; readonly message: ShownMessage; readonly head: boolean }

/** What a conversation shows from top to bottom: days, messages, and at the end what is still on its way. */
export function timelineOf(messages: readonly ChatMessage[], outgoing: readonly OutgoingMessage[]): TimelineItem[] {
  const stored = new Set(messages.map(({ id }) => id))
  const shown: ShownMessage[] = [
    ...messages.map(({ id, authorId, text, sentAt }) => ({
      id,
      authorId,
      text,
      sentAt,
      state: 'sent' as const,
      refused: undefined,
    })),
    ...outgoing
      .filter(({ id }) => !stored.has(id))
      .map(({ id, userId, text, createdAt, refused }) => ({
        id,
        authorId: userId,
        text,
        sentAt: createdAt,
        state: refused === undefined ? ('sending' as const) : ('refused' as const),
        refused,
      })),
  ]
  const items: TimelineItem[] = []
  let before: ShownMessage | undefined
  for (const message of shown) {
    const newDay = !before || dayOf(before.sentAt) !== dayOf(message.sentAt)
    if (newDay) items.push({ kind: 'day', key: `day ${dayOf(message.sentAt)} ${message.id}`, at: message.sentAt })
    const gathered = !newDay && before?.authorId === message.authorId && message.sentAt - before.sentAt < GATHER_MS
    items.push({ kind: 'message', key: message.id, message, head: !gathered })
    before = message
  }
  return items
}

const dayOf = (at: number): string => new Date(at).toDateString()
