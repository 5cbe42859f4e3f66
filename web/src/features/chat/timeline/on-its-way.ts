import { type Attachment, AttachmentSchema, ForwardedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import type { OutgoingMessage, WaitingFile } from '../../../sync/model/outgoing.js'
import type { ShownMessage } from './shown-message.js'

/** A file that is not uploaded yet. */
const stillHere = ({ localId, name, content, voice }: WaitingFile): Attachment =>
  create(AttachmentSchema, {
    fileId: localId,
    name,
    contentType: content.type,
    size: BigInt(content.size),
    hasThumbnail: content.type.startsWith('image/'),
    voice: voice !== undefined,
    durationMs: voice?.durationMs ?? 0,
    waveform: new Uint8Array(voice?.waveform ?? []),
  })

/** In the order in which they will be sent. */
function attachmentsOf({ files = [], waiting = [] }: OutgoingMessage): Attachment[] {
  const all = files.map((file) =>
    create(AttachmentSchema, { ...file, size: BigInt(file.size), waveform: new Uint8Array(file.waveform) }),
  )
  for (const file of waiting) all.splice(file.place ?? all.length, 0, stillHere(file))
  return all
}

/** A message of the outbox in the form of a message of the log, so that the same component shows it. */
export const onItsWay = (message: OutgoingMessage): ShownMessage => ({
  id: message.id,
  authorId: message.userId,
  authorName: '',
  text: message.text,
  replyTo: message.replyTo ?? '',
  threadId: message.threadId ?? '',
  sentAt: message.createdAt,
  editedAt: 0,
  expiresAt: 0,
  attachments: attachmentsOf(message),
  mentions: undefined,
  forwarded: message.forward ? create(ForwardedSchema) : undefined,
  reactions: [],
  pinned: false,
  deleted: false,
  asOf: 0,
  replyCount: 0,
  lastReplyAt: 0,
  seq: 0,
  index: 0,
  state: message.refused === undefined ? 'sending' : 'refused',
  refused: message.refused,
})
