import type { Attachment } from '@beseda/proto/group/v1/events'
import type { ChatMessage } from '../../../../sync/model/model.js'

/** A picture or a film of a conversation, with the message that it is in. */
export interface GalleryItem {
  readonly key: string
  readonly message: ChatMessage
  readonly attachment: Attachment
}

/** As the gateway gives them to browsers to be shown (its `downloads.ts`). */
export const isFilm = ({ contentType }: Pick<Attachment, 'contentType'>): boolean =>
  /^video\/(mp4|webm|ogg|quicktime)$/.test(contentType)

const isShown = (attachment: Attachment): boolean => attachment.hasThumbnail || isFilm(attachment)

/** All pictures and films of messages, each once, in the order of the conversation; of people who are blocked, none. */
export function itemsOf(messages: readonly ChatMessage[], blocked: ReadonlySet<string>): readonly GalleryItem[] {
  const byId = new Map(messages.map((message) => [message.id, message]))
  return [...byId.values()]
    .filter(({ deleted, authorId }) => !deleted && !blocked.has(authorId))
    .toSorted((a, b) => a.seq - b.seq || a.index - b.index)
    .flatMap((message) =>
      message.attachments
        .filter(isShown)
        .map((attachment) => ({ key: `${message.id} ${attachment.fileId}`, message, attachment })),
    )
}
