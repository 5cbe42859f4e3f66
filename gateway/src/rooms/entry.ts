import type { LaneHeads } from '@beseda/client-protocol'
import type { Positions } from '../people/memberships.js'
import type { ClientSocket } from '../session/client-socket.js'
import type { Room } from './room.js'
import type { Rooms } from './rooms.js'

/** A room that a socket was let into: what follows `head` waits until the room is opened to the socket. */
export interface EnteredRoom {
  readonly room: Room
  readonly head: LaneHeads
  /** History up to this sequence is hidden from the member, who joined later. */
  readonly hiddenUpTo: number
}

/** Lets sockets into the rooms of all groups of their person. */
export class RoomsEntry {
  constructor(
    private readonly memberships: { of(userId: string): Promise<Positions> },
    private readonly rooms: Pick<Rooms, 'open' | 'enter' | 'leave'>,
  ) {}

  /** Groups that the person has left meanwhile are not among them. */
  async enter(socket: ClientSocket): Promise<readonly EnteredRoom[]> {
    const positions = await this.memberships.of(socket.userId)
    // All rooms at once: the log is asked once for each partition, not for each group.
    await this.rooms.open([...positions.keys()])
    const entered = await Promise.all(
      [...positions].map(async ([groupId, { rosterSeq, hiddenUpTo }]) => {
        const found = await this.rooms.enter(groupId, socket, rosterSeq)
        return found && { ...found, hiddenUpTo }
      }),
    )
    return entered.filter((one) => one !== undefined)
  }

  leave(socket: ClientSocket): void {
    this.rooms.leave(socket)
  }
}
