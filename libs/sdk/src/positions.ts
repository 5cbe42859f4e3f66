import { BoundedMap } from '@beseda/async'
import { advance, contiguityOf, cursorOf, headsOf, laneNameOf } from '@beseda/client-protocol'
import type { Commit as CommitFrame, Cursor, ServerFrame } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { fromBinary } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { type BesedaEvent, PASSING, type PassingFrame, type StoredEvent } from './events.js'

type Frame = ServerFrame['frame']

/** Ids of messages that have come. A repeat that is older than so many messages would be told again; there is none unless a client repeats a post after hours. */
const MAX_KNOWN = 10_000

/** What a frame brings: its events, and where the group stands after them; `cursor` null: the client is not in the group any more. */
export interface Step {
  readonly events: readonly BesedaEvent[]
  readonly groupId?: string
  readonly cursor?: Cursor | null
}

const isPassing = (frame: Frame): frame is PassingFrame => (PASSING as readonly unknown[]).includes(frame.case)

/**
 * Where the client stands in each group, and what each frame adds (docs/protocol.md): every commit once and in the order of its lane, whatever
 * the connections in between did.
 */
export class Positions {
  readonly #cursors = new Map<string, Cursor>()
  readonly #posted = new BoundedMap<string, true>(MAX_KNOWN)
  /** The groups are known, from an earlier run or connection: one that is new has been joined meanwhile. */
  #knowsGroups: boolean

  /** Undefined: the first run. An empty list is known, too: of a client that was in no group. */
  constructor(cursors?: readonly Cursor[]) {
    for (const cursor of cursors ?? []) this.#cursors.set(cursor.groupId, cursor)
    this.#knowsGroups = cursors !== undefined
  }

  /** For Hello. */
  cursors(): Cursor[] {
    return [...this.#cursors.values()]
  }

  /** The steps of a frame, in order. `gap`: something before it is missing, so the client has to resume from its cursors. */
  take(frame: Frame): readonly Step[] | 'gap' {
    switch (frame.case) {
      case 'ready':
        return this.#left(new Set(frame.value.heads.map(({ groupId }) => groupId)))
      case 'live':
        this.#knowsGroups = true
        return [{ events: [{ kind: 'live' }] }]
      case 'snapshotRequired':
        return frame.value.head ? [this.#jump(frame.value.head)] : []
      case 'groupJoined':
        return frame.value.head ? [this.#join(frame.value.head)] : []
      case 'groupLeft':
        return this.#cursors.has(frame.value.groupId) ? [this.#leave(frame.value.groupId)] : []
      case 'commit':
        return this.#commit(frame.value)
      default:
        return isPassing(frame) ? [{ events: [{ kind: 'passing', frame }] }] : []
    }
  }

  #left(listed: ReadonlySet<string>): Step[] {
    return [...this.#cursors.keys()].filter((groupId) => !listed.has(groupId)).map((groupId) => this.#leave(groupId))
  }

  #leave(groupId: string): Step {
    this.#cursors.delete(groupId)
    return { events: [{ kind: 'groupLeft', groupId }], groupId, cursor: null }
  }

  #join(head: Cursor): Step {
    const { groupId } = head
    const isKnown = this.#cursors.has(groupId)
    this.#cursors.set(groupId, head)
    return { events: isKnown ? [] : [{ kind: 'groupJoined', groupId }], groupId, cursor: head }
  }

  /** The group goes on at its head. What is before it was missed, unless everything begins now; also by one that came into the group meanwhile. */
  #jump(head: Cursor): Step {
    const { groupId } = head
    const isKnown = this.#cursors.has(groupId)
    this.#cursors.set(groupId, head)
    const missed = { kind: 'missed', groupId } as const
    if (isKnown) return { events: [missed], groupId, cursor: head }
    return { events: this.#knowsGroups ? [{ kind: 'groupJoined', groupId }, missed] : [], groupId, cursor: head }
  }

  #commit(frame: CommitFrame): readonly Step[] | 'gap' {
    const { groupId, seq, prevSeq, epoch } = frame
    const [cursor, lane] = [this.#cursors.get(groupId), laneNameOf(frame.lane)]
    // A group that the client has left, or a lane of a newer server.
    if (!cursor || !lane) return []
    if (cursor.epoch !== epoch) return 'gap'
    const heads = headsOf(cursor)
    const position = { lane, seq: Number(seq), prevSeq: Number(prevSeq) }
    const contiguity = contiguityOf(heads, position)
    if (contiguity === 'seen') return []
    if (contiguity === 'hole') return 'gap'
    const next = cursorOf(groupId, epoch, advance(heads, lane, position.seq))
    this.#cursors.set(groupId, next)
    return [{ events: this.#eventsOf(frame.commit, { groupId, lane, seq: position.seq }), groupId, cursor: next }]
  }

  #eventsOf(bytes: Uint8Array, place: Pick<StoredEvent, 'groupId' | 'lane' | 'seq'>): StoredEvent[] {
    const commit = fromBinary(CommitSchema, bytes)
    const at = commit.time ? timestampDate(commit.time) : new Date(0)
    return commit.events.flatMap(({ actorId, commandId, body }, index) => {
      // A kind of event of a newer server.
      if (
        body.case === undefined ||
        (body.case === 'messagePosted' && this.#isRepeat(place.groupId, body.value.messageId))
      )
        return []
      return [{ kind: body.case, value: body.value, ...place, index, actorId, commandId, at } as StoredEvent]
    })
  }

  /** Every reader ignores a second post with the same id in one group. */
  #isRepeat(groupId: string, messageId: string): boolean {
    const key = `${groupId} ${messageId}`
    if (this.#posted.has(key)) return true
    this.#posted.set(key, true)
    return false
  }
}
