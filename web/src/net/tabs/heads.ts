import {
  type Cursor,
  CursorSchema,
  type Ready,
  type ServerFrame,
  ServerFrameSchema,
} from '@beseda/proto/gateway/v1/frames'
import { Lane } from '@beseda/proto/log/v1/commit'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Frame } from '../link/wire.js'

type LaneField = 'groupSeq' | 'rosterSeq' | 'messagesSeq' | 'callsSeq'
const FIELDS = new Map<Lane, LaneField>([
  [Lane.GROUP, 'groupSeq'],
  [Lane.ROSTER, 'rosterSeq'],
  [Lane.MESSAGES, 'messagesSeq'],
  [Lane.CALLS, 'callsSeq'],
])
const ALL_FIELDS = [...FIELDS.values()]

/** How far the socket of a browser has come in each group: what a window that joins later needs to know. */
export class Heads {
  readonly #heads = new Map<string, Cursor>()
  #ready: Ready | undefined

  take(frame: Frame): void {
    switch (frame.case) {
      case 'ready':
        this.#ready = frame.value
        this.#heads.clear()
        for (const head of frame.value.heads) this.#heads.set(head.groupId, head)
        return
      case 'groupJoined':
      case 'snapshotRequired':
        if (frame.value.head) this.#heads.set(frame.value.head.groupId, frame.value.head)
        return
      case 'groupLeft':
        this.#heads.delete(frame.value.groupId)
        return
      case 'commit': {
        const { groupId, lane, seq } = frame.value
        const head = this.#heads.get(groupId)
        const field = FIELDS.get(lane)
        if (head && field && head[field] < seq) this.#heads.set(groupId, { ...head, [field]: seq })
        return
      }
      default:
    }
  }

  /**
   * What the gateway would say to a Hello with these cursors, without the commits: a window that lacks any fetches the group
   * afresh. Empty before the socket was ready.
   */
  answer(cursors: readonly Cursor[]): ServerFrame[] {
    const ready = this.#ready
    if (!ready) return []
    const heads = [...this.#heads.values()]
    const known = new Map(cursors.map((cursor) => [cursor.groupId, cursor]))
    const behind = heads.filter((head) => isBehind(known.get(head.groupId), head))
    return [
      frame({ case: 'ready', value: { ...ready, heads } }),
      ...behind.map((head) => frame({ case: 'snapshotRequired', value: { head: create(CursorSchema, head) } })),
      frame({ case: 'live', value: {} }),
    ]
  }
}

const isBehind = (cursor: Cursor | undefined, head: Cursor): boolean =>
  cursor === undefined || cursor.epoch !== head.epoch || ALL_FIELDS.some((field) => cursor[field] < head[field])

const frame = (value: NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>): ServerFrame =>
  create(ServerFrameSchema, { frame: value })
