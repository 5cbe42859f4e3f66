import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type CallSession, type Device, isSame, live } from '../domain/session.js'
import { requireMember } from './call-members.js'
import type { CallSessions } from './call-sessions.js'
import type { CallNotices, CallObserver, KeyGroup, KeyState, MediaKeys, Members } from './ports.js'

/** What a device makes of the keys of a call. */
export interface KeyStep {
  /** The epoch that it was made in. */
  readonly epoch: number
  /** Empty: it makes the group. */
  readonly commit: Uint8Array
  readonly groupInfo: Uint8Array
}

/** Keeps the commits of the keys of calls in one order. It reads none of them, and holds no key (ADR 116). */
export class CallKeys {
  constructor(
    private readonly sessions: CallSessions,
    private readonly members: Members,
    private readonly keys: MediaKeys,
    private readonly notices: CallNotices,
    private readonly observer: Pick<CallObserver, 'keysMoved'>,
  ) {}

  /** Errors: as {@link since}; INVALID_REQUEST when the group has been made, and the commit is empty, or the other way round. */
  async commit(
    group: KeyGroup,
    step: KeyStep,
    device: Device,
    signal: AbortSignal,
  ): Promise<{ readonly accepted: boolean; readonly state: KeyState }> {
    const isFounding = step.epoch === 0
    if (isFounding !== (step.commit.length === 0)) {
      throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'commit' })
    }
    const session = await this.#session(group, device, signal)
    const outcome = await this.keys.commit({ ...group, callId: session.id }, step)
    if (outcome.accepted) {
      const { generation } = group
      this.observer.keysMoved({ ...group, callId: session.id }, step.epoch + 1, device)
      this.notices.keysCommitted(session, { generation, epoch: step.epoch + 1, commit: step.commit })
    }
    return outcome
  }

  /** Errors: NOT_A_MEMBER, BLOCKED, CALL_NOT_FOUND, CALL_ENDED; NOT_IN_CALL, also for a room that the call does not use any more. */
  async since(group: KeyGroup, epoch: number, device: Device, signal: AbortSignal): Promise<KeyState> {
    const { id } = await this.#session(group, device, signal)
    return this.keys.since({ ...group, callId: id }, epoch)
  }

  async #session({ groupId, callId, generation }: KeyGroup, device: Device, signal: AbortSignal): Promise<CallSession> {
    await requireMember(this.members, groupId, device.userId, signal)
    const session = live(await this.sessions.find(groupId), callId)
    const isIn = session.participants.some((one) => isSame(one, device))
    if (!isIn || session.sfu?.generation !== generation) throw new Refusal(ErrorReason.NOT_IN_CALL)
    return session
  }
}
