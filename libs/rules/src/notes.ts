/**
 * What a device that is away is told (the payload of a push, as JSON): notify writes it, the client's service worker reads it. Small,
 * and in no language: the device knows its own. A worker of an older version skips a kind that it does not know.
 */
export type Note =
  | MessageNote
  | CallNote
  | CallOverNote
  /** It was read elsewhere: what is shown of the group goes. */
  | { readonly kind: 'read'; readonly groupId: string }
  /** A message is no more: what is shown of it goes. */
  | { readonly kind: 'deleted'; readonly groupId: string; readonly messageId: string }
  /** A message reads otherwise now, in one line. */
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
  /** What the message is when it has no text. */
  readonly attachment: '' | 'picture' | 'voice' | 'file'
  /** Unix ms. */
  readonly sentAt: number
}

interface CallFacts extends GroupFacts {
  readonly callId: string
  /** Empty when the content is hidden. */
  readonly caller: string
}

/** It rings until then (Unix ms). */
export interface CallNote extends CallFacts {
  readonly kind: 'call'
  readonly video: boolean
  readonly until: number
}

/** It rings no more. */
export interface CallOverNote extends CallFacts {
  readonly kind: 'call-over'
  readonly missed: boolean
}
