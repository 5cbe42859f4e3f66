import { type Attachment, AttachmentSchema, ForwardedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import type { ChatMessage, ReadMark } from '../../sync/model.js'
import type { OutgoingMessage, WaitingFile } from '../../sync/outbox.js'

/** Messages of one author within this time share one head. */
const GATHER_MS = 5 * 60_000

/** A message on the screen: one of the log, or one that is on its way there. */
export type ShownMessage = ChatMessage & {
  readonly state: 'sent' | 'sending' | 'refused'
  readonly refused: string | undefined
}

export type TimelineItem =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  /** Before the first message that was not read when the conversation was opened. */
  | { readonly kind: 'unread'; readonly key: string }
  | { readonly kind: 'message'; readonly key: string; readonly message: ShownMessage; readonly head: boolean }

/** What a conversation shows from top to bottom: days, messages, and at the end what is still on its way. */
export function timelineOf(
  messages: readonly ChatMessage[],
  outgoing: readonly OutgoingMessage[],
  readBefore?: Pick<ReadMark, 'seq' | 'index'>,
  me = '',
): TimelineItem[] {
  const stored = new Set(messages.map(({ id }) => id))
  const shown: ShownMessage[] = [
    ...messages.map((message) => ({ ...message, state: 'sent' as const, refused: undefined })),
    ...outgoing.filter(({ id }) => !stored.has(id)).map(onItsWay),
  ]
  const items: TimelineItem[] = []
  let before: ShownMessage | undefined
  let marked = readBefore === undefined
  for (const message of shown) {
    const newDay = !before || dayOf(before.sentAt) !== dayOf(message.sentAt)
    if (newDay) items.push({ kind: 'day', key: `day ${dayOf(message.sentAt)} ${message.id}`, at: message.sentAt })
    const isNew = !marked && readBefore && message.seq > 0 && message.authorId !== me && isAfter(message, readBefore)
    if (isNew) items.push({ kind: 'unread', key: 'unread' })
    marked ||= isNew === true
    const plain = message.replyTo === '' && !message.forwarded && before?.authorName === message.authorName
    const gathered =
      plain && !newDay && !isNew && before?.authorId === message.authorId && message.sentAt - before.sentAt < GATHER_MS
    items.push({ kind: 'message', key: message.id, message, head: !gathered })
    before = message
  }
  return items
}

const isAfter = (message: ShownMessage, mark: Pick<ReadMark, 'seq' | 'index'>): boolean =>
  message.seq > mark.seq || (message.seq === mark.seq && message.index > mark.index)

const dayOf = (at: number): string => new Date(at).toDateString()

/** A file that is in this browser only. */
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

const onItsWay = (message: OutgoingMessage): ShownMessage => ({
  id: message.id,
  authorId: message.userId,
  authorName: '',
  text: message.text,
  replyTo: message.replyTo ?? '',
  threadId: message.threadId ?? '',
  sentAt: message.createdAt,
  editedAt: 0,
  expiresAt: 0,
  attachments: [
    ...(message.files ?? []).map((file) =>
      create(AttachmentSchema, { ...file, size: BigInt(file.size), waveform: new Uint8Array(file.waveform) }),
    ),
    ...(message.waiting ?? []).map(stillHere),
  ],
  mentions: undefined,
  forwarded: message.forward ? create(ForwardedSchema) : undefined,
  reactions: [],
  pinned: false,
  deleted: false,
  replyCount: 0,
  lastReplyAt: 0,
  seq: 0,
  index: 0,
  state: message.refused === undefined ? 'sending' : 'refused',
  refused: message.refused,
})
