import { follow, headsOf, lanesBehind } from '@beseda/client-protocol'
import {
  type Cursor,
  CursorSchema,
  type Ready,
  type ServerFrame,
  ServerFrameSchema,
} from '@beseda/proto/gateway/v1/frames'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Frame } from '../link/wire.js'

/** How far the socket of a browser has received each group; a window that joins later needs this. */
export class Heads {
  readonly #heads = new Map<string, Cursor>()
  #ready: Ready | undefined

  take(frame: Frame): void {
    if (frame.case === 'ready') {
      this.#ready = frame.value
      // Whatever cursors the windows had sent, from here on the socket is at the gateway's heads.
      this.#heads.clear()
    }
    follow(this.#heads, frame)
  }

  /**
   * What the gateway would answer to a Hello with these cursors, without the commits: a window that lacks any fetches the group
   * again. Empty before the socket is ready.
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
  cursor === undefined || cursor.epoch !== head.epoch || lanesBehind(headsOf(cursor), headsOf(head)).length > 0

const frame = (value: NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>): ServerFrame =>
  create(ServerFrameSchema, { frame: value })
