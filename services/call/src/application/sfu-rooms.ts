import { CallState } from '@beseda/proto/call/v1/call_service'
import type { CallSession } from '../domain/session.js'
import { nextGeneration } from '../domain/sfu.js'
import type { CallObserver, CallRoom, Clock, LeftRoom, MediaKeys, Sfu, SfuCalls } from './ports.js'

/** The room that the media of a call goes through; undefined: it goes from device to device. */
export const roomOf = (session: CallSession | undefined): CallRoom | undefined =>
  session?.sfu && session.state !== CallState.ENDED
    ? { callId: session.id, node: session.sfu.node, generation: session.sfu.generation }
    : undefined

/** Devices that have a place in a call. */
export const devicesOf = ({ participants, away }: CallSession): readonly string[] =>
  [...participants, ...away].map(({ deviceId }) => deviceId)

/** How long a room goes on that a call has left. Shorter: whoever is slow to move is cut off; longer: it must be looked after for longer. */
const LEFT_MS = 15_000

/** Rooms are opened before the call says so, and what happens in the call is done at them, too. */
export class SfuRooms {
  constructor(
    private readonly sfu: Sfu,
    private readonly calls: SfuCalls,
    private readonly keys: Pick<MediaKeys, 'forget'>,
    private readonly clock: Clock,
    private readonly observer: Pick<CallObserver, 'sfuFailed'>,
  ) {}

  /** A room for the call, on another node than the present one if possible; undefined: no node answers. */
  open(session: CallSession): Promise<CallRoom | undefined> {
    return this.sfu.open(session.id, nextGeneration(session, this.clock.now()), session.limits.most, session.sfu?.node)
  }

  /** Closes a room that was opened and is not used, unless it is that of the call. */
  drop(room: CallRoom | undefined, session: CallSession | undefined): void {
    const used = roomOf(session)
    if (!room || (used?.node === room.node && used.generation === room.generation)) return
    this.#attempt(this.sfu.close(room))
  }

  /**
   * Whoever has left the call leaves its room, too; with the call its room ends, and a room that the call has left ends a little later. What
   * fails is done by the next look at the room.
   */
  async follow(before: CallSession | undefined, session: CallSession, now: number): Promise<void> {
    const { groupId } = session
    const [was, is] = [roomOf(before), roomOf(session)]
    if (is && is.generation !== was?.generation) await this.calls.add(groupId)
    if (!was) return
    if (session.state === CallState.ENDED || session.id !== was.callId) {
      const room = { ...was, groupId, until: now }
      await this.calls.keep(room)
      this.#attempt(this.shut(room))
      this.#attempt(this.keys.forget(groupId))
      return
    }
    if (is?.generation !== was.generation) await this.calls.keep({ ...was, groupId, until: now + LEFT_MS })
    const present = new Set(devicesOf(session))
    const gone = before ? devicesOf(before).filter((deviceId) => deviceId !== '' && !present.has(deviceId)) : []
    for (const deviceId of gone) this.#attempt(this.sfu.remove(was, deviceId))
  }

  /** Closes a room that a call has left; it is kept in mind until its node has answered. */
  async shut(room: LeftRoom): Promise<void> {
    if (await this.sfu.close(room)) await this.calls.forget(room)
  }

  #attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.observer.sfuFailed(error))
  }
}
