import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { permit, refuseMuted } from '@beseda/rules'
import * as call from '../domain/call.js'
import type { CallChange } from '../domain/call-change.js'
import { requireVoice } from '../domain/room.js'
import { type CallLimits, type CallSession, type Device, participantOf, type SfuRoom } from '../domain/session.js'
import { isRefusedFor, requireMember } from './call-members.js'
import type { CallSessions } from './call-sessions.js'
import type { CallUpkeep } from './call-upkeep.js'
import type { LostCalls } from './lost-calls.js'
import type { Members, Membership } from './ports.js'
import type { SfuRooms } from './sfu-rooms.js'
import type { SfuUpkeep } from './sfu-upkeep.js'

/** Most other members of a group that a call rings: in a larger group, ringing everybody would be an alarm. */
const RING_LIMIT = 24
/** Refusals after which a person may not stay in a call. MUTED: in a voice room. */
const OUTSIDE: readonly ErrorReason[] = [ErrorReason.NOT_A_MEMBER, ErrorReason.BLOCKED, ErrorReason.MUTED]

export interface CallRequest {
  readonly commandId: string
  readonly groupId: string
  readonly video: boolean
  /** Rings the other members of a group. In a direct chat it always rings, in a channel and in a voice room never. */
  readonly ring: boolean
}

/** What a device says when it renews. */
export interface Sign {
  /** Revision of the newest session that it has seen. */
  readonly knownRevision: number
  /** It hears nothing from the SFU's room of this generation; 0: no trouble. */
  readonly trouble: number
}

export interface Renewal {
  readonly session: CallSession
  /** The device was away, and is back in the call. */
  readonly returned: boolean
}

/** What people do with calls. A group has one call at a time. Times in Unix ms. */
export class CallCommands {
  constructor(
    private readonly sessions: CallSessions,
    private readonly lost: LostCalls,
    private readonly upkeep: CallUpkeep,
    private readonly members: Members,
    private readonly rooms: SfuRooms,
    private readonly sfu: Pick<SfuUpkeep, 'complained' | 'settle'>,
    private readonly rules: { readonly ringMs: number; readonly limits: CallLimits },
  ) {}

  /**
   * In a group with a voice room this enters the room, which an admin has opened for all who are not muted.
   * Errors: NOT_A_MEMBER, NOT_PERMITTED, MUTED, BLOCKED, CALL_BUSY; those of {@link call.join} when the group has a call.
   */
  async startCall(request: CallRequest, device: Device, now: number, signal: AbortSignal): Promise<CallSession> {
    const { commandId, groupId, video } = request
    const id = newId()
    const membership = await requireMember(this.members, groupId, device.userId, signal)
    const { room } = membership
    if (room) refuseMuted(membership, now)
    else permit(Permission.START_CALL, membership, membership, now)
    const direct = membership.kind === GroupKind.DIRECT
    const inviteeIds = await this.#invitees(request, membership, device.userId, signal)
    const [busyIds] = await Promise.all([
      this.sessions.inOtherCalls(inviteeIds, groupId),
      this.#refuseBusy(device.userId, groupId),
      this.lost.settle(groupId, direct, now),
    ])
    const wanted = { id, commandId, groupId, direct, room, video, inviteeIds, busyIds, ...this.rules }
    const decide = (before: CallSession | undefined, offer?: SfuRoom) => call.start(before, wanted, device, now, offer)
    return this.#enter(groupId, device.userId, decide, now, signal)
  }

  /** Errors: NOT_A_MEMBER, BLOCKED, CALL_BUSY; MUTED in a voice room; those of {@link call.join}. */
  async joinCall(
    groupId: string,
    callId: string,
    device: Device,
    options: { readonly move: boolean },
    now: number,
    signal: AbortSignal,
  ): Promise<CallSession> {
    const membership = await requireMember(this.members, groupId, device.userId, signal)
    await this.#refuseBusy(device.userId, groupId)
    return this.lost.during(groupId, membership.kind === GroupKind.DIRECT, now, (lost) => {
      const decide = (before = lost, offer?: SfuRoom) => {
        requireVoice(before, membership, now)
        return call.join(before, callId, device, { ...options, offer }, now)
      }
      return this.#enter(groupId, device.userId, decide, now, signal)
    })
  }

  /** Needs no membership, like {@link leaveCall}: a person may always decline. Errors: those of {@link call.decline}. */
  async declineCall(groupId: string, callId: string, device: Device, now: number): Promise<void> {
    await this.sessions.change(groupId, now, (before) => call.decline(before, callId, device, now))
  }

  /**
   * Needs no membership: somebody who was removed may always leave. `pageCloses`: perhaps to be loaded again. A call that is not there
   * was left, and nobody is told which it is.
   */
  async leaveCall(groupId: string, callId: string, device: Device, now: number, pageCloses = false): Promise<void> {
    const decide = pageCloses ? call.closePage : call.leave
    try {
      await this.sessions.change(groupId, now, (before) => decide(before, callId, device, now))
    } catch (error) {
      if (!isRefusedFor(error, [ErrorReason.CALL_NOT_FOUND])) throw error
    }
  }

  /** Errors: NOT_A_MEMBER, BLOCKED and MUTED, after which the person is out of the call; those of {@link call.renew}. */
  async renewCall(
    groupId: string,
    callId: string,
    device: Device,
    { knownRevision, trouble }: Sign,
    now: number,
    signal: AbortSignal,
  ): Promise<Renewal> {
    const membership = await this.#requireStay(groupId, device.userId, now, signal)
    const { session, before } = await this.lost.during(groupId, membership.kind === GroupKind.DIRECT, now, (lost) =>
      this.sessions.change(groupId, now, (before = lost) => call.renew(before, callId, device, knownRevision, now)),
    )
    const returned = before === undefined || participantOf(before, device.userId) === undefined
    const settled = await this.sfu.settle(session, now)
    if (trouble === 0 || settled.sfu?.generation !== trouble) return { session: settled, returned }
    return { session: await this.sfu.complained(settled, device, trouble, now), returned }
  }

  /**
   * The session is no part of the log, so nothing refuses a change of it that was decided on an older roster. Who is in it is looked up once more:
   * a removal, a block or a mute is either seen now, or it comes after the change, and what follows from it finds the person in the call.
   * Errors: NOT_A_MEMBER, BLOCKED, MUTED, and those of `decide`.
   */
  async #enter(
    groupId: string,
    userId: string,
    decide: (before: CallSession | undefined, offer?: SfuRoom) => CallChange,
    now: number,
    signal: AbortSignal,
  ): Promise<CallSession> {
    const session = await this.#seat(groupId, decide, now)
    await this.#requireStay(groupId, userId, now, signal)
    return session
  }

  /** A call that is full from device to device has seats at the SFU, if a room can be opened there. Errors: those of `decide`. */
  async #seat(
    groupId: string,
    decide: (before: CallSession | undefined, offer?: SfuRoom) => CallChange,
    now: number,
  ): Promise<CallSession> {
    try {
      return (await this.sessions.change(groupId, now, (before) => decide(before))).session
    } catch (error) {
      if (!isRefusedFor(error, [ErrorReason.CALL_FULL])) throw error
      const full = await this.sessions.find(groupId)
      const room = full && !full.sfu ? await this.rooms.open(full) : undefined
      if (!room) throw error
      const { session } = await this.sessions.change(groupId, now, (before) => decide(before, room))
      this.rooms.drop(room, session)
      return session
    }
  }

  /** Errors: NOT_A_MEMBER, BLOCKED and, in a voice room, MUTED, after which the person is out of the call. */
  async #requireStay(groupId: string, userId: string, now: number, signal: AbortSignal): Promise<Membership> {
    try {
      const membership = await requireMember(this.members, groupId, userId, signal)
      if (membership.mutedUntil > now) requireVoice(await this.sessions.find(groupId), membership, now)
      return membership
    } catch (error) {
      if (isRefusedFor(error, OUTSIDE)) await this.upkeep.memberLeft(groupId, userId, now)
      throw error
    }
  }

  async #invitees(
    { groupId, ring }: CallRequest,
    { kind, peerId, room }: Membership,
    callerId: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (kind === GroupKind.DIRECT) {
      if (peerId === undefined) throw new Refusal(ErrorReason.NOT_PERMITTED)
      return [peerId]
    }
    return ring && !room && kind === GroupKind.GROUP ? this.members.callees(groupId, callerId, RING_LIMIT, signal) : []
  }

  /** Errors: CALL_BUSY. */
  async #refuseBusy(userId: string, groupId: string): Promise<void> {
    const busy = await this.sessions.inOtherCalls([userId], groupId)
    if (busy.length > 0) throw new Refusal(ErrorReason.CALL_BUSY)
  }
}
