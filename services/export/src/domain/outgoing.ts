import type { Event } from '@beseda/proto/log/v1/commit'
import { shownToMembers } from '@beseda/rules'
import type { Place, Placed } from './placed.js'

/** What a sink is given, in this order. */
export type Outgoing =
  /** `messageId`: the event carries the content of this message, and must be found by it when the message is erased. */
  | { readonly kind: 'event'; readonly placed: Placed; readonly messageId: string | undefined }
  /** Whatever the sink has of the content of this message must go. */
  | { readonly kind: 'erased'; readonly groupId: string; readonly messageId: string }
  /** Nothing has happened for a while. */
  | { readonly kind: 'pulse' }

/** What is known of a group beside its events in the log. */
export interface GroupFacts {
  /** Sequence at which the group ended; undefined: it goes on. */
  endedAt(groupId: string): number | undefined
  /** Every message of the group whose content may have been exported. */
  messagesOf(groupId: string): Iterable<string>
  /** Messages whose content went with the commit that a redaction at this place explains. */
  erasedBy(place: Place): readonly string[]
}

/** The message whose content an event carries. Of an erased message the post stays as a mere place (ADR 9). */
export function contentOf({ body }: Event): string | undefined {
  if (body.case === 'messageEdited') return body.value.messageId
  if (body.case !== 'messagePosted') return undefined
  const { messageId, text, attachments, forwarded } = body.value
  return text === '' && attachments.length === 0 && forwarded === undefined ? undefined : messageId
}

/** What leaves the house for one event. */
export function* outgoingOf(placed: Placed, facts: GroupFacts): Iterable<Outgoing> {
  const { groupId } = placed
  const { body } = placed.event
  if (body.case === 'commitRedacted') {
    // What it keeps was handed on at its first place.
    for (const each of facts.erasedBy(placed.place)) yield { kind: 'erased', groupId, messageId: each }
    return
  }
  const messageId = contentOf(placed.event)
  // Posted by somebody who did not know yet that the group had ended; the group service erases it.
  if (messageId !== undefined && isAfterEnd(placed, facts)) return
  yield { kind: 'event', placed: { ...placed, event: shownToMembers(placed.event) }, messageId }
  if (body.case === 'messageDeleted') yield { kind: 'erased', groupId, messageId: body.value.messageId }
  if (body.case !== 'groupDeleted') return
  for (const each of facts.messagesOf(groupId)) yield { kind: 'erased', groupId, messageId: each }
}

function isAfterEnd({ groupId, place }: Placed, facts: GroupFacts): boolean {
  const endedAt = facts.endedAt(groupId)
  return endedAt !== undefined && endedAt < place.seq
}
