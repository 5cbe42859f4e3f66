import { forEachSettled } from '@beseda/async'
import { type CallSession, type Device, live } from '../domain/session.js'
import { complain, isCrowded, isDoubted, relocate, uncrowd } from '../domain/sfu.js'
import type { CallSessions } from './call-sessions.js'
import type { CallRoom, Sfu, SfuCalls } from './ports.js'
import { devicesOf, roomOf, type SfuRooms } from './sfu-rooms.js'

/** How many calls are looked at at once. More would keep a node busy with questions; fewer find a stranger later. */
const AT_ONCE = 8

/** Sees to it that the media of calls has a room on a node that lives, with nobody in it who is not in the call. */
export class SfuUpkeep {
  constructor(
    private readonly sessions: CallSessions,
    private readonly rooms: SfuRooms,
    private readonly sfu: Sfu,
    private readonly calls: SfuCalls,
  ) {}

  /** Asks the nodes, and looks at every call that goes through one of them. Errors: PartialFailure. */
  async sweep(now: number): Promise<void> {
    await this.sfu.look()
    await forEachSettled(
      await this.calls.all(),
      (groupId) => `room of the call of group ${groupId}`,
      (groupId) => this.#look(groupId, now),
      AT_ONCE,
    )
  }

  /**
   * A device in the call hears nothing from the room of a generation. Its node is asked; if it answers, others must say the same. Answers with
   * the call as it is then. Errors: CALL_NOT_FOUND, CALL_ENDED.
   */
  async complained(
    { groupId, id }: CallSession,
    device: Device,
    generation: number,
    now: number,
  ): Promise<CallSession> {
    const { session } = await this.sessions.change(groupId, now, (before) =>
      complain(live(before, id), device, generation, now),
    )
    const room = roomOf(session)
    if (room?.generation !== generation) return session
    await this.calls.add(groupId)
    if (isDoubted(session, now)) return this.#move(session, generation, now, now)
    return (await this.sfu.check(room.node)) ? session : this.#move(session, generation, now)
  }

  /** People came back who were away, and are more now than can send to each other: a room is opened for them. Errors: CALL_NOT_FOUND, CALL_ENDED. */
  async settle(session: CallSession, now: number): Promise<CallSession> {
    if (!isCrowded(session)) return session
    const room = await this.rooms.open(session)
    if (!room) return session
    return this.#use(session, room, now, (before) => uncrowd(before, room))
  }

  /** Media goes through another room than that of a generation. */
  async #move(session: CallSession, generation: number, now: number, doubtedAt?: number): Promise<CallSession> {
    const room = await this.rooms.open(session)
    return this.#use(session, room, now, (before) => relocate(before, generation, room, doubtedAt))
  }

  async #use(
    { groupId, id }: CallSession,
    room: CallRoom | undefined,
    now: number,
    decide: (session: CallSession) => ReturnType<typeof relocate>,
  ): Promise<CallSession> {
    const { session } = await this.sessions.change(groupId, now, (before) => decide(live(before, id)))
    this.rooms.drop(room, session)
    return session
  }

  async #look(groupId: string, now: number): Promise<void> {
    const session = await this.sessions.find(groupId)
    const room = roomOf(session)
    if (!session || !room) return this.calls.remove(groupId)
    const devices = this.sfu.isLiving(room.node) ? await this.sfu.devicesIn(room) : undefined
    if (devices === undefined) {
      await this.#move(session, room.generation, now)
      return
    }
    const known = new Set(devicesOf((await this.sessions.find(groupId)) ?? session))
    for (const deviceId of devices) if (!known.has(deviceId)) await this.sfu.remove(room, deviceId)
  }
}
