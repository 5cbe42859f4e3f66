import type { Projection } from '@beseda/event-log'
import type { Message } from '@beseda/proto/group/v1/group_service'
import type { Reader } from '../../../groups/domain/reader.js'
import {
  type FoundMessage,
  type Line,
  MessageReader,
  type Part,
  type Search,
  type SearchedGroup,
} from '../../application/ports.js'
import { messageOf } from './message-picture.js'
import { findMessage, findVisible, inLine, type MessageRow, VISIBLE, visibleTo } from './message-rows.js'
import { searchMessages } from './message-search.js'

export class SqliteMessageReader extends MessageReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  message(groupId: string, messageId: string): Message | undefined {
    return this.#picture(findMessage(this.#view, groupId, messageId))
  }

  visible(groupId: string, messageId: string, reader: Reader): Message | undefined {
    return this.#picture(findVisible(this.#view, groupId, messageId, reader))
  }

  from(line: Line, direction: 'older' | 'newer', place: number, limit: number, reader: Reader): Part {
    const { rows, more } = this.#rows(line, direction, place, limit, reader)
    const inOrder = rows.toSorted((a, b) => a.seq - b.seq || a.idx - b.idx)
    return { messages: inOrder.map((row) => messageOf(this.#view, row)), more }
  }

  placeAtTime(groupId: string, at: number): number | undefined {
    return this.#view.get<{ seq: number }>(
      "SELECT seq FROM message WHERE group_id = ? AND thread_id = '' AND sent_at >= ? ORDER BY sent_at, seq LIMIT 1",
      groupId,
      at,
    )?.seq
  }

  pinned(groupId: string, reader: Reader): readonly Message[] {
    const rows = this.#view.allNamed<MessageRow>(
      `SELECT message.* FROM pin JOIN message ON message.group_id = pin.group_id AND message.id = pin.message_id
       WHERE pin.group_id = :groupId AND pinned = 1 AND message.deleted = 0 AND ${VISIBLE} ORDER BY pin.seq DESC, pin.idx DESC LIMIT 200`,
      { ':groupId': groupId, ...visibleTo(reader) },
    )
    return rows.map((row) => messageOf(this.#view, row))
  }

  async search(
    groups: readonly SearchedGroup[],
    userId: string,
    search: Search,
    now: number,
    signal: AbortSignal,
  ): Promise<readonly FoundMessage[]> {
    const rows = await searchMessages(this.#view, groups, userId, search, now, signal)
    return rows.map((row) => ({ key: row.key, message: messageOf(this.#view, row) }))
  }

  /** The commit at the edge of the part is taken whole. */
  #rows({ groupId, threadId }: Line, direction: 'older' | 'newer', place: number, limit: number, reader: Reader) {
    const [side, order] = direction === 'older' ? ['<', 'DESC'] : ['>', 'ASC']
    const line = { ':groupId': groupId, ':threadId': threadId, ...visibleTo(reader) }
    const rows = this.#view.allNamed<MessageRow>(
      `${inLine(threadId, `${VISIBLE} AND seq ${side} :place`)} ORDER BY seq ${order}, idx ${order} LIMIT :limit`,
      { ...line, ':place': place, ':limit': limit + 1 },
    )
    const edge = rows[limit - 1]?.seq
    if (rows.length <= limit || edge === undefined) return { rows, more: false }
    const atEdge = { ...line, ':place': edge }
    const whole = this.#view.allNamed<MessageRow>(inLine(threadId, `${VISIBLE} AND seq = :place`), atEdge)
    const beyond = this.#view.getNamed(`${inLine(threadId, `${VISIBLE} AND seq ${side} :place`)} LIMIT 1`, atEdge)
    const nearer = rows.slice(0, limit).filter(({ seq }) => seq !== edge)
    return { rows: [...nearer, ...whole], more: beyond !== undefined }
  }

  #picture(row: MessageRow | undefined): Message | undefined {
    return row && messageOf(this.#view, row)
  }

  get #view() {
    return this.projection.view
  }
}
