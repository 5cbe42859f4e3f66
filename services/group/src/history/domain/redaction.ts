import {
  type Commit,
  CommitRedactedSchema,
  type Event,
  EventSchema,
  type KeptEvent,
  KeptEventSchema,
} from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { placeOf } from '../../messages/domain/message-place.js'

/** What is known of the message that an event is about. */
export type StandingOf = (messageId: string, authorId: string) => { readonly known: boolean; readonly deleted: boolean }

/** What must stay of a commit when it is erased: everything except the content of messages that are gone (ADR 9). */
export function redactionOf(seq: number, commit: Commit, standingOf: StandingOf): Event {
  const kept = commit.events.flatMap((event, index): KeptEvent[] =>
    event.body.case === 'commitRedacted'
      ? event.body.value.kept
      : [create(KeptEventSchema, { seq: BigInt(seq), index, event, ...(commit.time ? { time: commit.time } : {}) })],
  )
  const staying = kept.flatMap((one) => remainder(one, standingOf))
  const value = create(CommitRedactedSchema, { seq: BigInt(seq), kept: staying })
  return create(EventSchema, { version: 1, body: { case: 'commitRedacted', value } })
}

/** Of a message that is gone its place stays, so that a view built from what is left has the same order and counts. */
function remainder(kept: KeptEvent, standingOf: StandingOf): KeptEvent[] {
  const { body } = kept.event ?? {}
  if (!kept.event || !body) return []
  if (body.case !== 'messagePosted' && body.case !== 'messageEdited') return [kept]
  // Only the author edits.
  const authorId = body.case === 'messagePosted' ? body.value.authorId : kept.event.actorId
  const { known, deleted } = standingOf(body.value.messageId, authorId)
  // A group that has ended has no messages left.
  if (!known && body.case === 'messagePosted') return []
  if (!deleted) return [kept]
  if (body.case === 'messageEdited') return []
  const place = { ...kept.event, body: { case: body.case, value: placeOf(body.value) } }
  return [create(KeptEventSchema, { ...kept, event: create(EventSchema, place) })]
}
