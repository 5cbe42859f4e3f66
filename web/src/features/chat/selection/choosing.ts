import type { ChatMessage } from '../../../sync/model/model.js'

/** What is chosen after a click or a key. Pure. */

/** The limit of one selection. The server allows as many deletions at once, and a person can still check them. */
export const MOST_CHOSEN = 50

export type Chosen = ReadonlyMap<string, ChatMessage>

/** One message more, or less. */
export function toggled(chosen: Chosen, message: ChatMessage): Chosen {
  const next = new Map(chosen)
  if (!next.delete(message.id)) next.set(message.id, message)
  return next
}

/** With all from `anchor` to `end`, both included, in the order of `rows`. If the anchor is not there any more: with `end`. */
export function withRange(chosen: Chosen, rows: readonly ChatMessage[], anchor: string, end: string): Chosen {
  const to = rows.findIndex(({ id }) => id === end)
  const found = rows.findIndex(({ id }) => id === anchor)
  const from = found < 0 ? to : found
  const range = rows.slice(Math.min(from, to), Math.max(from, to) + 1)
  return new Map([...chosen, ...range.map((message) => [message.id, message] as const)])
}

/** As the conversation has them. */
export const inOrder = (chosen: Chosen): readonly ChatMessage[] =>
  [...chosen.values()].toSorted((a, b) => a.seq - b.seq || a.index - b.index)
