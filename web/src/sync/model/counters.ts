import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { mentionsMember } from '@beseda/rules'
import { lacks, readMark } from './convert.js'
import { type ChatMessage, COUNTED, type Conversation } from './model.js'
import { isAfter, mentioned, readTo, withFurtherMarks, within } from './read-mark.js'

/** The counters must be requested, unless they include the commit `seq` already. */
export const withStaleCounters = (conversation: Conversation, seq = Number.POSITIVE_INFINITY): Conversation =>
  seq <= conversation.read.asOf ? conversation : { ...conversation, countersStale: true }

/** The counters with a message added or removed. `seq`: of the commit that adds or removes it. */
export function counted(
  conversation: Conversation,
  message: ChatMessage,
  me: string,
  step: 1 | -1,
  seq = Number.POSITIVE_INFINITY,
): Conversation {
  if (seq <= conversation.read.asOf) return conversation
  const { read, role } = conversation
  const { threadId } = message
  if (message.authorId === me || message.deleted || !isAfter(message, readTo(read, threadId))) return conversation
  if (conversation.silent.has(message.authorId)) return conversation
  const full = read.unread >= COUNTED || read.mentions >= COUNTED
  const one = { ...read, unread: threadId === '' ? within(read.unread + step) : read.unread }
  const isMentioned = mentionsMember(message, { userId: me, role })
  const countersStale = conversation.countersStale || (full && step < 0)
  return { ...conversation, read: isMentioned ? mentioned(one, threadId, message.id, step) : one, countersStale }
}

/** A read marker moves back only if the person has asked for it; counters are taken if they are as new as the local state, or newer. */
export function withReadState(conversation: Conversation, state: ReadState): Conversation {
  const fetched = readMark(state)
  const { read, seqs, hidden } = conversation
  const here = Math.max(...Object.values(seqs))
  if (fetched.asOf < read.asOf || lacks(state, seqs) || state.hidden < hidden) {
    // An older state: only its marks may be further.
    const counted = { ...read, asOf: Math.max(read.asOf, here) }
    const merged = withFurtherMarks(counted, fetched, false)
    const countersStale = conversation.countersStale || !merged.isKnown || state.hidden > hidden
    return { ...conversation, read: { ...merged.read, asOf: read.asOf }, countersStale }
  }
  const merged = withFurtherMarks(fetched, read, !conversation.countersStale && fetched.asOf <= here)
  return { ...conversation, read: merged.read, countersStale: !merged.isKnown }
}
