import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { type Message, MessageSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'

const idOf = (kind: number, n: number) => `0000000${kind}-0000-7000-8000-${String(n).padStart(12, '0')}`
export const ME = idOf(1, 0)
const NAMES = ['Ann Petrova', 'Боб Иванов', 'Chen Wei', 'Дарья Смирнова', 'Eve Laurent']
export const PEOPLE = NAMES.map((name, i) => ({ id: idOf(1, i + 1), name }))

/** The same words every time. */
const WORDS =
  'the river runs past old stones где тихо шумит вода and nobody hurries home before the lamps are lit'.split(' ')
const CODE =
  '```ts\nexport const sum = (numbers: readonly number[]): number =>\n  numbers.reduce((a, b) => a + b, 0)\n```'
const MINUTE_MS = 60_000

/** A group with as many messages as one wants: of one line and of many, quotes, code, reactions, answers. */
export class Room {
  readonly kind = GroupKind.GROUP
  readonly role = Role.OWNER
  readonly messages: Message[] = []

  constructor(
    readonly groupId: string,
    count: number,
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
      text: turn === 1 ? CODE : turn < 6 ? `> ${words}\n\n**${words}**` : turn < 9 ? `- ${words}\n- ${words}` : words,
      replyTo: turn > 95 && before ? before.id : '',
      sentAt: timestampFromMs(at),
      seq: BigInt(i + 1),
      reactions: turn > 85 ? [{ emoji: '👍', userIds: [ME, PEOPLE[0]?.id ?? ''] }] : [],
    })
  }
}
