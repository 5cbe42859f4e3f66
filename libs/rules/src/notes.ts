/**
 * The payload of a push (JSON): the notify service writes it, the client's service worker shows it. It is small and contains no translated text:
 * the device uses its own language. A worker of an older version skips unknown kinds.
 */
export type Note =
  | MessageNote
  | CallNote
  | CallOverNote
  | ReminderNote
  /** The group was read on another device: its notification is removed. */
  | { readonly kind: 'read'; readonly groupId: string }
  /** A message was deleted: its notification is removed. */
  | { readonly kind: 'deleted'; readonly groupId: string; readonly messageId: string }
  /** A message was edited; its new text, in one line. */
  | { readonly kind: 'edited'; readonly groupId: string; readonly messageId: string; readonly text: string }
  | { readonly kind: 'test'; readonly locale: string }

interface GroupFacts {
  readonly groupId: string
  readonly direct: boolean
  /** Empty for a direct chat. */
  readonly groupName: string
  readonly locale: string
}

export interface MessageNote extends GroupFacts {
  readonly kind: 'message'
  readonly messageId: string
  /** Empty when the content is hidden. */
  readonly author: string
  readonly text: string
  /** The kind of content when there is no text; of a poll the text is the question. */
  readonly attachment: '' | 'picture' | 'voice' | 'file' | 'poll'
  /** Unix ms. */
  readonly sentAt: number
}

interface CallFacts extends GroupFacts {
  readonly callId: string
  /** Empty when the content is hidden. */
  readonly caller: string
}

/** A call that rings until `until` (Unix ms). */
export interface CallNote extends CallFacts {
  readonly kind: 'call'
  readonly video: boolean
  readonly until: number
}

/** A call that has stopped ringing. */
export interface CallOverNote extends CallFacts {
  readonly kind: 'call-over'
  readonly missed: boolean
}

/** A scheduled call that begins soon. */
export interface ReminderNote extends GroupFacts {
  readonly kind: 'reminder'
  readonly scheduleId: string
  /** Empty when the content is hidden. */
  readonly title: string
  /** Unix ms. */
  readonly startsAt: number
}
