import type { GroupHistory } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Message } from '@beseda/proto/group/v1/group_service'
import {
  type Line,
  type MessageRow,
  messageOf,
  messagesFrom,
  pinnedMessages,
  placeAtTime,
  type Reader,
  visibleMessage,
} from '../projections/message-queries.js'
import { type Search, searchMessages } from '../projections/message-search.js'
import { groupIdsOf } from '../projections/queries.js'
import type { Access } from './access.js'

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

export interface Page {
  /** Oldest first. */
  readonly messages: readonly Message[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
}

const END = Number.MAX_SAFE_INTEGER

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
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) => {
      if (aroundMessageId !== '')
        return this.#around(request, this.#message(groupId, aroundMessageId, reader).seq, reader)
      if (atTime !== undefined) {
        return this.#around(request, placeAtTime(this.history.view, groupId, atTime) ?? END, reader)
      }
      if (afterSeq > 0) {
        const { rows, more } = this.#from(request, 'newer', afterSeq, request.limit, reader)
        return this.#page(rows, true, more)
      }
      const { rows, more } = this.#from(request, 'older', beforeSeq || END, request.limit, reader)
      return this.#page(rows, more, beforeSeq > 0)
    })
  }

  message(groupId: string, messageId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<Message> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) =>
      this.messageOf(this.#message(groupId, messageId, reader)),
    )
  }

  pins(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<Message[]> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader }) =>
      pinnedMessages(this.history.view, groupId, reader).map((row) => this.messageOf(row)),
    )
  }

  /** In one group, or (`groupId` empty) in all that this replica serves. Errors: NOT_A_MEMBER. */
  async search(groupId: string, userId: string, search: Search, signal: AbortSignal): Promise<MessageRow[]> {
    const { view } = this.history
    const searched = (id: string) => ({ id, hiddenBefore: this.access.visit(id, userId).reader.hiddenBefore })
    if (groupId === '') {
      return searchMessages(view, groupIdsOf(view, userId).map(searched), userId, search, Date.now())
    }
    return this.access.asMember(groupId, userId, 0, signal, () =>
      searchMessages(view, [searched(groupId)], userId, search, Date.now()),
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

  #from(line: Line, direction: 'older' | 'newer', place: number, limit: number, reader: Reader) {
    return messagesFrom(this.history.view, line, direction, place, limit, reader)
  }

  /** The page with a place in its middle. */
  #around(request: PageRequest, seq: number, reader: Reader): Page {
    const half = Math.max(1, Math.floor(request.limit / 2))
    const older = this.#from(request, 'older', seq, half, reader)
    const newer = this.#from(request, 'newer', seq - 1, half, reader)
    return this.#page([...older.rows, ...newer.rows], older.more, newer.more)
  }

  #page(rows: readonly MessageRow[], hasOlder: boolean, hasNewer: boolean): Page {
    return { messages: rows.map((row) => this.messageOf(row)), hasOlder, hasNewer }
  }
}
