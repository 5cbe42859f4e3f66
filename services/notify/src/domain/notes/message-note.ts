import type { Attachment } from '@beseda/proto/group/v1/events'
import { type Note, plainLine } from '@beseda/rules'

/** Characters of the text: devices show no more, and a push holds 4 KB. */
const MAX_TEXT = 160

export interface Posted {
  readonly messageId: string
  readonly text: string
  readonly attachments: readonly Pick<Attachment, 'contentType' | 'voice'>[]
  readonly sentAt: number
  /** The text is the question of a poll. */
  readonly poll: boolean
}

export function messageNote(
  posted: Posted,
  group: { readonly id: string; readonly name: string; readonly direct: boolean },
  reader: { readonly hideContent: boolean; readonly locale: string },
  nameOf: (userId: string) => string,
  author: string,
): Note {
  const { hideContent, locale } = reader
  const shown = hideContent ? { author: '', text: '', attachment: '' as const } : contentOf(posted, nameOf, author)
  const { messageId, sentAt } = posted
  const groupName = group.direct ? '' : group.name
  return { kind: 'message', groupId: group.id, messageId, direct: group.direct, groupName, ...shown, sentAt, locale }
}

function contentOf({ text, attachments, poll }: Posted, nameOf: (userId: string) => string, author: string) {
  const [file] = attachments
  const kind = poll
    ? 'poll'
    : file === undefined
      ? ''
      : file.voice
        ? 'voice'
        : file.contentType.startsWith('image/')
          ? 'picture'
          : 'file'
  return { author, text: noteText(text, nameOf), attachment: kind } as const
}

/** A text in one line, as every preview of it, cut to what a device shows. */
export function noteText(text: string, nameOf: (userId: string) => string): string {
  const line = plainLine(text, (target) => (target === 'all' || target === 'admins' ? target : nameOf(target)))
  const letters = [...line]
  return letters.length > MAX_TEXT ? `${letters.slice(0, MAX_TEXT).join('')}…` : line
}
