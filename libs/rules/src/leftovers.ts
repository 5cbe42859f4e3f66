import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { clone } from '@bufbuild/protobuf'

/** What is known, as of now, of the group and the people of an event in the lanes `group`, `roster` and `calls`. */
export interface Known {
  /** The group is deleted. */
  readonly ended: boolean
  /** A legal hold keeps what is said in the group (ADR 79). */
  readonly held: boolean
  /** The account is deleted. */
  isGone(userId: string): boolean
  /** A legal hold keeps what this person has said. */
  isHeld(userId: string): boolean
}

/**
 * The event without texts that have no reason to be in the log any more: those of a group that is deleted, and notes and reasons of, about, or by people
 * whose accounts are deleted. The fact stays, so that whoever reads the log knows who was in the group when (ADR 101). An event from which nothing
 * is taken is returned as it is.
 */
export function withoutLeftovers(event: Event, known: Known): Event {
  if (known.held || known.isHeld(authorOf(event))) return event
  return (known.ended || isOfSomebodyGone(event, known)) && hasText(event) ? withoutTexts(event) : event
}

/**
 * The event as it may be shown, without notes and reasons of, about, or by people whose accounts are deleted: a legal hold keeps the log,
 * not what is shown of it (ADR 79).
 */
export const withoutWordsOf = (isGone: (userId: string) => boolean, event: Event): Event =>
  withoutLeftovers(event, { ended: false, held: false, isGone, isHeld: () => false })

/** Notes with requests to join, and reasons of bans: shown to nobody when one of their people is gone. */
function isOfSomebodyGone({ body, actorId }: Event, { isGone }: Pick<Known, 'isGone'>): boolean {
  if (body.case === 'joinRequested') return isGone(body.value.userId)
  return body.case === 'memberBanned' && (isGone(body.value.userId) || isGone(actorId))
}

/** Who has written the texts of the event. */
const authorOf = ({ body, actorId }: Event): string => (body.case === 'joinRequested' ? body.value.userId : actorId)

function hasText({ body }: Event): boolean {
  switch (body.case) {
    case 'groupCreated':
    case 'groupUpdated':
      return Boolean(body.value.name || body.value.topic)
    case 'webhookCreated':
    case 'inviteCreated':
      return body.value.name !== ''
    case 'joinRequested':
      return body.value.note !== ''
    case 'memberBanned':
      return body.value.reason !== ''
    case 'callScheduled':
    case 'callRescheduled':
      return Boolean(body.value.terms?.title)
    default:
      return false
  }
}

function withoutTexts(event: Event): Event {
  const emptied = clone(EventSchema, event)
  const { body } = emptied
  switch (body.case) {
    case 'groupCreated':
      Object.assign(body.value, { name: '', topic: '' })
      break
    case 'groupUpdated':
      // What was not changed stays unset: otherwise it would be a change.
      if (body.value.name !== undefined) body.value.name = ''
      if (body.value.topic !== undefined) body.value.topic = ''
      break
    case 'webhookCreated':
    case 'inviteCreated':
      body.value.name = ''
      break
    case 'joinRequested':
      body.value.note = ''
      break
    case 'memberBanned':
      body.value.reason = ''
      break
    case 'callScheduled':
    case 'callRescheduled':
      if (body.value.terms) body.value.terms.title = ''
  }
  return emptied
}
