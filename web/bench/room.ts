import { Role } from '@beseda/proto/common/v1/roles'
import { type AttachmentSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { type Message, MessageSchema } from '@beseda/proto/group/v1/group_service'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'

const idOf = (kind: number, n: number) => `0000000${kind}-0000-7000-8000-${String(n).padStart(12, '0')}`
export const ME = idOf(1, 0)
const NAMES = ['Ann Petrova', 'Боб Иванов', 'Chen Wei', 'Дарья Смирнова', 'Eve Laurent']
export const PEOPLE = NAMES.map((name, i) => ({ id: idOf(1, i + 1), name }))

/** The same text every time. */
const WORDS =
  'the river runs past old stones где тихо шумит вода and nobody hurries home before the lamps are lit'.split(' ')
const CODE =
  '```ts\nexport const sum = (numbers: readonly number[]): number =>\n  numbers.reduce((a, b) => a + b, 0)\n```'
const MINUTE_MS = 60_000

/** Some messages have a picture, a voice message or a file. */
function attachmentsOf(turn: number): MessageInitShape<typeof AttachmentSchema>[] {
  const file = { fileId: `file ${turn}`, size: 48_213n }
  if (turn === 11)
    return [{ ...file, name: 'river.svg', contentType: 'image/svg+xml', width: 600, height: 400, hasThumbnail: true }]
  if (turn === 12) {
    const waveform = Uint8Array.from({ length: 48 }, (_, i) => 40 + ((i * 53) % 200))
    return [{ ...file, name: 'voice.webm', contentType: 'audio/webm', voice: true, durationMs: 14_000, waveform }]
  }
  return turn === 13 ? [{ ...file, name: 'minutes.pdf', contentType: 'application/pdf' }] : []
}

/** A group with a given number of messages: short and long ones, with quotes, code, pictures, reactions and replies. */
export class Room {
  readonly kind = GroupKind.GROUP
  readonly role = Role.OWNER
  readonly messages: Message[] = []

  constructor(
    readonly groupId: string,
    count: number,
    readonly unread: number,
  ) {
    const began = Date.now() - count * MINUTE_MS
    for (let i = 0; i < count; i++) this.messages.push(this.#make(i, began + i * MINUTE_MS))
  }

  get head(): number {
    return this.messages.length
  }

  next(): Message {
    const message = this.#make(this.messages.length, Date.now())
    this.messages.push(message)
    return message
  }

  #make(i: number, at: number): Message {
    const turn = (i * 7919) % 100
    const length = 3 + (turn % 24)
    const words = Array.from({ length }, (_, k) => WORDS[(i * 31 + k * 17) % WORDS.length]).join(' ')
    const before = this.messages[i - 3]
    return create(MessageSchema, {
      id: idOf(2, i),
      groupId: this.groupId,
      authorId: PEOPLE[Math.floor(i / 3) % PEOPLE.length]?.id ?? ME,
      text:
        turn === 11 || turn === 12
          ? ''
          : turn === 16
            ? `<@${ME}> ${words}`
            : turn === 1
              ? CODE
              : turn < 6
                ? `> ${words}\n\n**${words}**`
                : turn < 9
                  ? `- ${words}\n- ${words}`
                  : words,
      replyTo: turn > 95 && before ? before.id : '',
      sentAt: timestampFromMs(at),
      seq: BigInt(i + 1),
      attachments: attachmentsOf(turn),
      editedAt: turn === 14 ? timestampFromMs(at) : undefined,
      pinned: turn === 15,
      mentions: turn === 16 ? { userIds: [ME] } : undefined,
      replyCount: turn === 17 ? 3 : 0,
      lastReplyAt: turn === 17 ? timestampFromMs(at) : undefined,
      reactions: turn > 85 ? [{ emoji: '👍', userIds: [ME, PEOPLE[0]?.id ?? ''] }] : [],
    })
  }
}
