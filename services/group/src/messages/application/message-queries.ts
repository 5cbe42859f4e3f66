import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Message, MessageSchema } from '@beseda/proto/group/v1/group_service'
import { toBinary } from '@bufbuild/protobuf'
import type { Access, Visit } from '../../groups/application/access.js'
import type { GroupReader } from '../../groups/application/ports.js'
import type { Reader } from '../../groups/domain/reader.js'
import type { FoundMessage, Line, MessageReader, Part, Search, SearchedGroup } from './ports.js'

export interface PageRequest extends Line {
  /** At most one of the four; 0, '' and undefined: not given; none of them: the newest page. Sequences are exclusive. */
  readonly beforeSeq: number
  readonly afterSeq: number
  readonly aroundMessageId: string
  /** Unix ms. */
  readonly atTime: number | undefined
  readonly limit: number
  readonly minSeq: number
}

export interface Found {
  /** Newest first. */
  readonly messages: readonly Message[]
  /** Key after which the next page begins; 0: there is none. */
  readonly next: number
}

export interface Page {
  /** Oldest first. */
  readonly messages: readonly Message[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  /** The page holds all of lane `messages` up to here, and nothing after it. */
  readonly messagesSeq: number
}

const END = Number.MAX_SAFE_INTEGER
/** Bytes of one answer, encoded. The bus carries a megabyte, and as JSON the same can be twice as long. */
const MAX_ANSWER_BYTES = 400 * 1024

/** What members read. */
export class MessageQueries {
  constructor(
    private readonly access: Access,
    private readonly groups: Pick<GroupReader, 'groupIdsOf'>,
    private readonly messages: MessageReader,
  ) {}

  /** Errors: NOT_A_MEMBER; MESSAGE_NOT_FOUND; INVALID_REQUEST when more than one place is given. */
  page(request: PageRequest, userId: string, signal: AbortSignal): Promise<Page> {
    const { groupId, beforeSeq, afterSeq, aroundMessageId, atTime, minSeq } = request
    const places = [beforeSeq > 0, afterSeq > 0, aroundMessageId !== '', atTime !== undefined].filter(Boolean)
    if (places.length > 1) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'after_seq' })
    return this.access.asMember(groupId, userId, minSeq, signal, ({ group, reader }) => ({
      ...this.#page(request, reader),
      messagesSeq: group.messagesSeq,
    }))
  }

  /** Errors: NOT_A_MEMBER, MESSAGE_NOT_FOUND. */
  get(groupId: string, messageId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<Message> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) =>
      this.#visible(groupId, messageId, reader),
    )
  }

  /** A message that was just posted. Errors: MESSAGE_NOT_FOUND. */
  posted(groupId: string, messageId: string): Message {
    return orNotFound(this.messages.message(groupId, messageId))
  }

  /** Newest pin first; of very long messages only as many as one answer carries. Errors: NOT_A_MEMBER. */
  pins(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<readonly Message[]> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) => {
      const messages = this.messages.pinned(groupId, reader)
      return messages.slice(0, fitting(messages, MAX_ANSWER_BYTES))
    })
  }

  /** In one group, or (`groupId` empty) in all groups of this person that this replica serves. Errors: NOT_A_MEMBER, RATE_LIMITED. */
  async search(groupId: string, userId: string, search: Search, signal: AbortSignal): Promise<Found> {
    const groups =
      groupId === ''
        ? this.groups.groupIdsOf(userId).map((id) => searched(id, this.access.visit(id, userId)))
        : [await this.access.asMember(groupId, userId, 0, signal, (visit) => searched(groupId, visit))]
    const found = await this.messages.search(groups, userId, search, Date.now(), signal)
    const { messages, next } = pageOfFound(found, search.limit)
    // Others are answered while a search runs, and one of them may have removed the searcher.
    return { messages: messages.filter((message) => this.access.find(message.groupId, userId)), next }
  }

  #page(request: PageRequest, reader: Reader): Omit<Page, 'messagesSeq'> {
    const { groupId, beforeSeq, afterSeq, aroundMessageId, atTime, limit } = request
    if (aroundMessageId !== '') {
      const { seq } = this.#visible(groupId, aroundMessageId, reader)
      return this.#around(request, Number(seq), reader)
    }
    if (atTime !== undefined) {
      return this.#around(request, this.messages.placeAtTime(groupId, atTime) ?? END, reader)
    }
    if (afterSeq > 0) {
      const { messages, more } = this.#from(request, 'newer', afterSeq, limit, reader, MAX_ANSWER_BYTES)
      return { messages, hasOlder: true, hasNewer: more }
    }
    const { messages, more } = this.#from(request, 'older', beforeSeq || END, limit, reader, MAX_ANSWER_BYTES)
    return { messages, hasOlder: more, hasNewer: beforeSeq > 0 }
  }

  /** The page with a place in its middle. */
  #around(request: PageRequest, seq: number, reader: Reader): Omit<Page, 'messagesSeq'> {
    const half = Math.max(1, Math.floor(request.limit / 2))
    const older = this.#from(request, 'older', seq, half, reader, MAX_ANSWER_BYTES / 2)
    const newer = this.#from(request, 'newer', seq - 1, half, reader, MAX_ANSWER_BYTES / 2)
    const messages = [...older.messages, ...newer.messages]
    return { messages, hasOlder: older.more, hasNewer: newer.more }
  }

  /** At most `bytes` from the place on, but at least one commit: the messages of one commit are never separated. */
  #from(line: Line, direction: 'older' | 'newer', place: number, limit: number, reader: Reader, bytes: number): Part {
    const { messages, more } = this.messages.from(line, direction, place, limit, reader)
    const nearest = direction === 'newer' ? messages : messages.toReversed()
    const first = nearest[0]
    const beyond = nearest[fitting(nearest, bytes)]
    if (!first || !beyond) return { messages, more }
    const kept = messages.filter(
      ({ seq }) => seq === first.seq || (direction === 'newer' ? seq < beyond.seq : seq > beyond.seq),
    )
    return { messages: kept, more: more || kept.length < messages.length }
  }

  #visible(groupId: string, messageId: string, reader: Reader): Message {
    return orNotFound(this.messages.visible(groupId, messageId, reader))
  }
}

const searched = (id: string, { reader, member }: Visit): SearchedGroup => ({
  id,
  hiddenBefore: reader.hiddenBefore,
  role: member.role,
})

function orNotFound(message: Message | undefined): Message {
  if (!message) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
  return message
}

function pageOfFound(found: readonly FoundMessage[], limit: number): Found {
  const messages = found.map(({ message }) => message)
  const count = fitting(messages, MAX_ANSWER_BYTES)
  const isLast = found.length < limit && count === found.length
  return { messages: messages.slice(0, count), next: isLast ? 0 : (found[count - 1]?.key ?? 0) }
}

/** How many of the messages, from the first on, take at most `bytes` together. At least one. */
function fitting(messages: readonly Message[], bytes: number): number {
  let left = bytes
  const full = messages.findIndex((message, i) => {
    left -= toBinary(MessageSchema, message).length
    return left < 0 && i > 0
  })
  return full < 0 ? messages.length : full
}
