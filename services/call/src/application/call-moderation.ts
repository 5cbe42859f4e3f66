import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { permit } from '@beseda/rules'
import { remove } from '../domain/call.js'
import { live, participantOf } from '../domain/session.js'
import { mayActOn, requireMayActOn, requireMember } from './call-members.js'
import type { CallSessions } from './call-sessions.js'
import type { CallNotices, Members } from './ports.js'

/** What admins do to participants. */
export class CallModeration {
  constructor(
    private readonly sessions: CallSessions,
    private readonly members: Members,
    private readonly notices: CallNotices,
  ) {}

  /**
   * Asks a participant to mute; with an empty `userId` all others whom the caller may mute. Errors: NOT_A_MEMBER, BLOCKED,
   * NOT_PERMITTED, CALL_NOT_FOUND, CALL_ENDED, NOT_IN_CALL.
   */
  async muteParticipants(
    groupId: string,
    callId: string,
    byUserId: string,
    userId: string,
    now: number,
    signal: AbortSignal,
  ): Promise<void> {
    const mine = await requireMember(this.members, groupId, byUserId, signal)
    permit(Permission.MUTE_MEMBERS, mine, mine, now)
    const session = live(await this.sessions.find(groupId), callId)
    if (userId !== '') {
      if (!participantOf(session, userId)) throw new Refusal(ErrorReason.NOT_IN_CALL)
      await requireMayActOn(this.members, Permission.MUTE_MEMBERS, mine, { groupId, userId }, now, signal)
      this.notices.muteRequested(session, userId, byUserId)
      return
    }
    const others = session.participants.filter((participant) => participant.userId !== byUserId)
    await Promise.all(
      others.map(async (other) => {
        const target = { groupId, userId: other.userId }
        const isAllowed = await mayActOn(this.members, Permission.MUTE_MEMBERS, mine, target, now, signal)
        if (isAllowed) this.notices.muteRequested(session, other.userId, byUserId)
      }),
    )
  }

  /** Errors: NOT_A_MEMBER, BLOCKED, NOT_PERMITTED, CALL_NOT_FOUND, CALL_ENDED. */
  async removeParticipant(
    groupId: string,
    callId: string,
    byUserId: string,
    userId: string,
    now: number,
    signal: AbortSignal,
  ): Promise<void> {
    const mine = await requireMember(this.members, groupId, byUserId, signal)
    await requireMayActOn(this.members, Permission.REMOVE_MEMBERS, mine, { groupId, userId }, now, signal)
    await this.sessions.change(groupId, now, (before) => remove(live(before, callId), userId, now))
  }
}
