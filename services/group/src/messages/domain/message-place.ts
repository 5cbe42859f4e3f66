import { type MessagePosted, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'

/** What an erasure leaves of a message: that it existed, where, and whose it was. Every other message has a text or a file. */
export const placeOf = ({ messageId, authorId, threadId, alsoInThread }: MessagePosted): MessagePosted =>
  create(MessagePostedSchema, { messageId, authorId, threadId, alsoInThread })

export const isPlace = ({ text, attachments }: MessagePosted): boolean => text === '' && attachments.length === 0
