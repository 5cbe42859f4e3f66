import { NO_HEADS } from '@beseda/client-protocol'
import type { ChatMessage, Conversation } from './model.js'
import { withFurtherMarks } from './read-mark.js'

/** An older response never moves back what has been read and hidden. */
function withReading(fetched: Conversation, { epoch, read, hidden }: Conversation): Conversation {
  if (epoch !== fetched.epoch) return fetched
  const merged = withFurtherMarks(fetched.read, read, false)
  const isKnown = merged.isKnown && fetched.hidden >= hidden
  const countersStale = fetched.countersStale || !isKnown
  return { ...fetched, read: merged.read, hidden: Math.max(fetched.hidden, hidden), countersStale }
}

/**
 * A fetched summary with the contents that were loaded before, which include all commits up to `before.seqs`. A run that was jumped to stays
 * as it is: new messages do not follow it, and its last message is not the newest.
 */
export function withContents(fetched: Conversation, before: Conversation): Conversation {
  const { members, mutes, hasOlder, hasNewer } = before
  // Sequences of another epoch mean nothing here.
  const { messages: said, roster } = before.epoch === fetched.epoch ? before.seqs : NO_HEADS
  const known = before.epoch === fetched.epoch ? before.asOf : { members: 0, messages: 0 }
  const stamped = (message: ChatMessage) => ({
    ...message,
    asOf: before.epoch === fetched.epoch ? Math.max(message.asOf, said) : 0,
  })
  return {
    ...withReading(fetched, before),
    hiddenAhead: [...new Set([...before.hiddenAhead, ...fetched.hiddenAhead])],
    ...(members && { members, mutes, memberCount: members.size }),
    messages: before.messages?.map(stamped),
    lastMessage: before.lastMessage && stamped(before.lastMessage),
    hasOlder,
    hasNewer,
    asOf: {
      summary: fetched.asOf.summary,
      members: Math.max(known.members, roster),
      messages: Math.max(known.messages, said),
    },
  }
}
