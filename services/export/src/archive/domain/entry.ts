import type { Attachment, GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'

/** `other`: what happened beside messages and members, such as a reaction or a call. Only JSON Lines have it. */
export type EntryKind = 'message' | 'edit' | 'deletion' | 'enter' | 'leave' | 'previously-joined' | 'other'

/** The group as it was called when the entry happened. */
export interface EntryGroup {
  readonly id: string
  readonly name: string
  readonly kind: GroupKind
}

/** One line of an archive: something that happened in a group. */
export interface Entry {
  readonly kind: EntryKind
  /** `<stream>/<seq>/<index>` of the event; empty: the entry is no event (`previously-joined`). */
  readonly place: string
  readonly group: EntryGroup
  /** When it happened. Unix ms. */
  readonly at: number
  /** Whom it is about: the author of a message, or a member. */
  readonly personId: string
  /** Who did it; empty: the server, or nobody. */
  readonly actorId: string
  readonly message: EntryMessage | undefined
  /** As the admins of the group may read it, without what is erased. */
  readonly event: Event | undefined
}

export interface EntryMessage {
  readonly id: string
  /** When it was posted. Unix ms; undefined: before what is left of the log. */
  readonly postedAt: number | undefined
  readonly replyTo: string
  readonly threadId: string
  /** Empty if it is erased. */
  readonly text: string
  /** Its content was deleted, by a person or by time; what is left is the fact. */
  readonly erased: boolean
  /** It was edited later. */
  readonly edited: boolean
  readonly attachments: readonly Attachment[]
  /** Of a poll, whose question is the text; else none. */
  readonly options: readonly string[]
  /** Display name of a webhook; empty: the author is a person or a bot. */
  readonly authorName: string
}

export const ENTRY_KINDS: readonly EntryKind[] = [
  ...(['message', 'edit', 'deletion', 'enter', 'leave', 'previously-joined', 'other'] as const),
]
