import { GroupKind, type MessagePosted } from '@beseda/proto/group/v1/events'
import { personOf, shownToAdmins, withoutWordsOf } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { contentOf } from '../../domain/outgoing.js'
import type { Placed } from '../../domain/placed.js'
import type { Entry, EntryKind, EntryMessage } from './entry.js'
import type { GroupStory, Movement } from './story.js'

/** What the log tells of a message beside the event at hand. */
export interface MessageFacts {
  readonly authorId: string
  /** Unix ms; undefined: its post is not in the log. */
  readonly postedAt: number | undefined
  readonly replyTo: string
  readonly threadId: string
  readonly deleted: boolean
  readonly edited: boolean
  /** Where it was posted first, `<seq>/<index>`: a repeat counts for nothing. */
  readonly first: string
}

/** What is known beside the events of a group, as of now. */
export interface Facts {
  message(messageId: string): MessageFacts | undefined
  /** The account is deleted: everything that this person said is erased, if not at this moment then at the next. */
  isGone(userId: string): boolean
  /** The text is written although it is erased: a legal hold keeps it, and the archive is one of what is held (ADR 79). */
  readsHeld(authorId: string): boolean
  /** The group is deleted, and its messages with it. */
  readonly ended: boolean
  /** Unix ms: what has disappeared by now is erased. */
  readonly now: number
}

/** What an archive says of one event. A message that is erased is there without its content; an edit of one is not there at all. */
export function entriesOf(placed: Placed, story: GroupStory, facts: Facts): readonly Entry[] {
  const moved = story.apply(placed.event)
  const { body } = placed.event
  switch (body.case) {
    case 'commitRedacted':
      return []
    case 'messagePosted':
      return posted(placed, body.value, story, facts)
    case 'messageEdited': {
      const known = facts.message(body.value.messageId)
      const erased = isErased(known, facts)
      if (erased && !facts.readsHeld(known?.authorId ?? '')) return []
      return [entry('edit', placed, story, messageOf(body.value.messageId, known, { text: body.value.text, erased }))]
    }
    case 'messageDeleted': {
      const known = facts.message(body.value.messageId)
      return [entry('deletion', placed, story, messageOf(body.value.messageId, known, { erased: true }))]
    }
    default:
      return others(placed, moved, story, facts)
  }
}

/** Who was in the group when the archive begins. */
export const membersAtStart = (story: GroupStory, from: number): readonly Entry[] =>
  [...story.members].map((personId) => ({
    ...{ kind: 'previously-joined' as const, place: '', group: story.group, at: from, personId, actorId: '' },
    ...{ message: undefined, event: undefined },
  }))

function posted(placed: Placed, post: MessagePosted, story: GroupStory, facts: Facts): readonly Entry[] {
  const { messageId, authorId, text, attachments, authorName, poll } = post
  const known = facts.message(messageId)
  if (known && known.first !== `${placed.place.seq}/${placed.place.index}`) return []
  const hasDisappeared = post.expiresAt !== undefined && timestampMs(post.expiresAt) <= facts.now
  const isEmpty = contentOf(placed.event) === undefined
  const erased = isErased(known, facts) || facts.isGone(authorId) || hasDisappeared || isEmpty
  const isShown = !erased || facts.readsHeld(authorId)
  const options = poll?.options ?? []
  const content = isShown ? { text, options, attachments, authorName, erased } : { erased }
  return [entry('message', placed, story, messageOf(messageId, { ...known, authorId }, content), !isShown)]
}

const isErased = (known: MessageFacts | undefined, facts: Facts): boolean =>
  facts.ended || known?.deleted === true || (known !== undefined && facts.isGone(known.authorId))

function messageOf(
  id: string,
  known: Partial<MessageFacts> | undefined,
  content: Partial<EntryMessage>,
): EntryMessage & { readonly authorId: string } {
  return {
    ...{ id, postedAt: known?.postedAt, replyTo: known?.replyTo ?? '', threadId: known?.threadId ?? '' },
    ...{ text: '', erased: false, edited: known?.edited ?? false, attachments: [], options: [], authorName: '' },
    ...content,
    authorId: known?.authorId ?? '',
  }
}

function entry(
  kind: EntryKind,
  placed: Placed,
  story: GroupStory,
  { authorId, ...message }: EntryMessage & { readonly authorId: string },
  withoutEvent = false,
): Entry {
  const event = withoutEvent ? undefined : placed.event
  return { ...common(placed, story), kind, personId: authorId, actorId: placed.event.actorId, message, event }
}

function others(placed: Placed, { entered, left }: Movement, story: GroupStory, facts: Facts): readonly Entry[] {
  const event = withoutWordsOf((userId) => facts.isGone(userId), shownToAdmins(placed.event))
  const actorId = personOf(placed.event)
  const about = (kind: EntryKind, personId: string): Entry => ({
    ...common(placed, story),
    ...{ kind, personId, actorId, message: undefined, event },
  })
  const moved = [...entered.map((id) => about('enter', id)), ...left.map((id) => about('leave', id))]
  return moved.length > 0 ? moved : [about('other', actorId)]
}

const common = ({ place: { stream, seq, index }, at }: Placed, { group }: GroupStory) => ({
  place: `${stream}/${seq}/${index}`,
  group,
  at,
})

/** How people call a conversation; a direct chat has the names of its two people. */
export const titleOf = ({ group }: Pick<Entry, 'group'>): string =>
  group.name || (group.kind === GroupKind.DIRECT ? 'Direct chat' : group.id)
