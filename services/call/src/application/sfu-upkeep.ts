import { forEachSettled } from '@beseda/async'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { type CallSession, type Device, live, MAX_CALL_MS } from '../domain/session.js'
import { complain, isCrowded, isDoubted, relocate, uncrowd } from '../domain/sfu.js'
import type { CallSessions } from './call-sessions.js'
import type { CallRoom, LeftRoom, Sfu, SfuCalls } from './ports.js'
import { devicesOf, roomOf, type SfuRooms } from './sfu-rooms.js'

/** How many calls are looked at at once. More would keep a node busy with questions; fewer find a stranger later. */
const AT_ONCE = 8

/** Sees to it that the media of calls has a room on a node that lives, with nobody in it who is not in the call; and that rooms which calls have left are closed. */
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
    const [groupIds, left] = await Promise.all([this.calls.all(), this.calls.left()])
    await forEachSettled(
      [
        ...groupIds.map((groupId) => ({ groupId, look: () => this.#look(groupId, now) })),
        ...left.map((room) => ({ groupId: room.groupId, look: () => this.#lookAfter(room, now) })),
      ],
      ({ groupId }) => `room of the call of group ${groupId}`,
      ({ look }) => look(),
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
    await this.#putOut(devices, room, (await this.sessions.find(groupId)) ?? session)
  }

  /** A room that a call has left: until it is closed, nobody is in it who is not in the call. */
  async #lookAfter(room: LeftRoom, now: number): Promise<void> {
    if (room.until + MAX_CALL_MS <= now) return this.calls.forget(room)
    if (!this.sfu.isLiving(room.node)) return this.rooms.shut(room)
    const devices = room.until > now ? await this.sfu.devicesIn(room) : undefined
    const session = await this.sessions.find(room.groupId)
    if (!devices || session?.id !== room.callId || session.state === CallState.ENDED) return this.rooms.shut(room)
    await this.#putOut(devices, room, session)
  }

  async #putOut(devices: readonly string[], room: CallRoom, session: CallSession): Promise<void> {
    const known = new Set(devicesOf(session))
    for (const deviceId of devices) if (!known.has(deviceId)) await this.sfu.remove(room, deviceId)
  }
}
