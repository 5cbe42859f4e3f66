import type { GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Message, MessageSchema } from '@beseda/proto/group/v1/group_service'
import { toBinary } from '@bufbuild/protobuf'
import { groupIdsOf } from '../../groups/adapters/views/group-reader.js'
import type { Access } from '../../groups/application/access.js'
import {
  type Line,
  type MessageRow,
  messageOf,
  messagesFrom,
  pinnedMessages,
  placeAtTime,
  type Reader,
  visibleMessage,
} from '../adapters/views/message-reader.js'
import { type Search, searchMessages } from '../adapters/views/message-search.js'

export interface PageRequest {
  readonly groupId: string
  readonly threadId: string
  /** At most one of the four: 0, '' and undefined are none; none at all: the newest. Sequences are exclusive. */
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
  /** All of lane `messages` up to here is in the page, and nothing after it. */
  readonly messagesSeq: number
}

/** Messages on one side of a place, oldest first. */
interface Part {
  readonly messages: readonly Message[]
  /** There are others beyond them. */
  readonly more: boolean
}

const END = Number.MAX_SAFE_INTEGER
/** Of one answer, encoded. The bus carries a megabyte, and as JSON the same can be twice as long. */
const MAX_ANSWER_BYTES = 400 * 1024

/** What members read. */
export class Reading {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
  ) {}

  /** Errors: NOT_A_MEMBER; MESSAGE_NOT_FOUND; INVALID_REQUEST when more than one place is given. */
  page(request: PageRequest, userId: string, signal: AbortSignal): Promise<Page> {
    const { groupId, beforeSeq, afterSeq, aroundMessageId, atTime, minSeq } = request
    const places = [beforeSeq > 0, afterSeq > 0, aroundMessageId !== '', atTime !== undefined].filter(Boolean)
    if (places.length > 1) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'after_seq' })
    return this.access.asMember(groupId, userId, minSeq, signal, ({ group, reader }) => ({
      ...this.#page(request, reader),
      messagesSeq: group.messages_seq,
    }))
  }

  #page(request: PageRequest, reader: Reader): Omit<Page, 'messagesSeq'> {
    const { groupId, beforeSeq, afterSeq, aroundMessageId, atTime, limit } = request
    if (aroundMessageId !== '')
      return this.#around(request, this.#message(groupId, aroundMessageId, reader).seq, reader)
    if (atTime !== undefined) {
      return this.#around(request, placeAtTime(this.history.view, groupId, atTime) ?? END, reader)
    }
    if (afterSeq > 0) {
      const { messages, more } = this.#from(request, 'newer', afterSeq, limit, reader, MAX_ANSWER_BYTES)
      return { messages, hasOlder: true, hasNewer: more }
    }
    const { messages, more } = this.#from(request, 'older', beforeSeq || END, limit, reader, MAX_ANSWER_BYTES)
    return { messages, hasOlder: more, hasNewer: beforeSeq > 0 }
  }

  message(groupId: string, messageId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<Message> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) =>
      this.messageOf(this.#message(groupId, messageId, reader)),
    )
  }

  /** Newest pin first; of very long messages only as many as one answer carries. */
  pins(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<Message[]> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) => {
      const messages = pinnedMessages(this.history.view, groupId, reader).map((row) => this.messageOf(row))
      return messages.slice(0, fitting(messages, MAX_ANSWER_BYTES))
    })
  }

  /** In one group, or (`groupId` empty) in all that this replica serves. Errors: NOT_A_MEMBER. */
  async search(groupId: string, userId: string, search: Search, signal: AbortSignal): Promise<Found> {
    const { view } = this.history
    const searched = (id: string) => ({ id, hiddenBefore: this.access.visit(id, userId).reader.hiddenBefore })
    if (groupId === '') {
      const groups = groupIdsOf(view, userId).map(searched)
      return this.#found(searchMessages(view, groups, userId, search, Date.now()), search.limit)
    }
    return this.access.asMember(groupId, userId, 0, signal, () =>
      this.#found(searchMessages(view, [searched(groupId)], userId, search, Date.now()), search.limit),
    )
  }

  messageOf(row: MessageRow): Message {
    return messageOf(this.history.view, row)
  }

  #message(groupId: string, messageId: string, reader: Reader): MessageRow {
    const row = visibleMessage(this.history.view, groupId, messageId, reader)
    if (!row) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
    return row
  }

  /** No more than `bytes` from the place on, but at least one commit: those of one commit are never torn apart. */
  #from(line: Line, direction: 'older' | 'newer', place: number, limit: number, reader: Reader, bytes: number): Part {
    const { rows, more } = messagesFrom(this.history.view, line, direction, place, limit, reader)
    const messages = rows.map((row) => this.messageOf(row))
    const nearest = direction === 'newer' ? messages : messages.toReversed()
    const first = nearest[0]
    const beyond = nearest[fitting(nearest, bytes)]
    if (!first || !beyond) return { messages, more }
    const kept = messages.filter(
      ({ seq }) => seq === first.seq || (direction === 'newer' ? seq < beyond.seq : seq > beyond.seq),
    )
    return { messages: kept, more: more || kept.length < messages.length }
  }

  #found(rows: readonly MessageRow[], limit: number): Found {
    const messages = rows.map((row) => this.messageOf(row))
    const count = fitting(messages, MAX_ANSWER_BYTES)
    const isLast = rows.length < limit && count === rows.length
    return { messages: messages.slice(0, count), next: isLast ? 0 : (rows[count - 1]?.key ?? 0) }
  }

  /** The page with a place in its middle. */
  #around(request: PageRequest, seq: number, reader: Reader): Omit<Page, 'messagesSeq'> {
    const half = Math.max(1, Math.floor(request.limit / 2))
    const older = this.#from(request, 'older', seq, half, reader, MAX_ANSWER_BYTES / 2)
    const newer = this.#from(request, 'newer', seq - 1, half, reader, MAX_ANSWER_BYTES / 2)
    const messages = [...older.messages, ...newer.messages]
    return { messages, hasOlder: older.more, hasNewer: newer.more }
  }
}

/** How many of the messages, from the first on, have room in so many bytes. At least one. */
function fitting(messages: readonly Message[], bytes: number): number {
  let left = bytes
  const full = messages.findIndex((message, i) => {
    left -= toBinary(MessageSchema, message).length
    return left < 0 && i > 0
  })
  return full < 0 ? messages.length : full
}
