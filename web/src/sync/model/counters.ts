import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { mentionsMember } from '@beseda/rules'
import { lacks, readMark } from './convert.js'
import { type ChatMessage, COUNTED, type Conversation } from './model.js'
import { isAfter, mentioned, readTo, within, withLocalThreads } from './read-mark.js'

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

/** A read marker never moves back; counters are taken if they are as new as the local state, or newer. */
export function withReadState(conversation: Conversation, state: ReadState): Conversation {
  const mark = readMark(state)
  const { read, seqs, hidden } = conversation
  if (isAfter(read, mark)) return conversation
  const isOlder = mark.asOf < read.asOf || lacks(state, seqs) || state.hidden < hidden
  if (isOlder) return { ...conversation, countersStale: true }
  return { ...conversation, read: withLocalThreads(mark, read), countersStale: false }
}
