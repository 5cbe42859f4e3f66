import { type ClientCursor, clientCursor, cursorOf } from '@beseda/client-protocol'
import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import type { EnteredRoom } from '../rooms/entry.js'
import type { ResumeKind } from '../rooms/room.js'
import type { ClientSocket } from '../session/client-socket.js'
import { serverFrame } from '../session/frames.js'

/** Groups of one connection that are replayed at once. More: more memory for each connection in a storm; fewer: a slower resume. */
const REPLAYS = 8

const LIVE = serverFrame({ case: 'live', value: {} })

export interface BroughtUp extends ClientSocket {
  /** What is sent meanwhile goes out with one write. */
  together(work: () => void): void
  /** Sends Ready with the heads of the groups. */
  becomeReady(heads: readonly Cursor[]): void
}

/**
 * Ready, then what the client lacks in each group, then Live. Everything that is stored from the entry on reaches the client, by replay or
 * live. `cursors`: as the client sent them. `resumed`: called once for each group.
 */
export async function bringUp(
  socket: BroughtUp,
  entered: readonly EnteredRoom[],
  cursors: readonly Cursor[],
  resumed: (kind: ResumeKind) => void,
): Promise<void> {
  const heads = entered.map(({ room, head }) => cursorOf(room.groupId, room.epoch, head))
  const known = new Map(cursors.map((cursor) => [cursor.groupId, clientCursor(cursor)]))
  // Once without any group: Ready and Live are sent in any case.
  for (let at = 0; at === 0 || at < entered.length; at += REPLAYS) {
    const some = entered.slice(at, at + REPLAYS)
    const plans = await plansOf(some, known)
    const isLast = at + REPLAYS >= entered.length
    let waits: Promise<void>[] = []
    socket.together(() => {
      if (at === 0) socket.becomeReady(heads)
      waits = plans.flatMap(({ room, plan }) => room.resume(socket, plan) ?? [])
      if (isLast && waits.length === 0) socket.send(LIVE)
    })
    for (const { plan } of plans) resumed(plan.kind)
    if (waits.length === 0) continue
    await Promise.all(waits)
    if (isLast) socket.send(LIVE)
  }
}

const plansOf = (entered: readonly EnteredRoom[], known: ReadonlyMap<string, ClientCursor>) =>
  Promise.all(
    entered.map(async ({ room, head, hiddenUpTo }) => ({
      room,
      plan: await room.plan(known.get(room.groupId), head, hiddenUpTo),
    })),
  )
