import { forEachSettled } from '@beseda/async'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { close, expire, remove, vacate } from '../domain/call.js'
import { silence } from '../domain/room.js'
import type { CallSessions } from './call-sessions.js'
import type { CallDocuments } from './ports.js'

/** What happens to calls without anybody's request: members leave, groups are deleted, time passes. */
export class CallUpkeep {
  constructor(
    private readonly sessions: CallSessions,
    private readonly documents: Pick<CallDocuments, 'due' | 'settle'>,
  ) {}

  /** Takes somebody who is no longer a member out of the group's call. */
  async memberLeft(groupId: string, userId: string, now: number): Promise<void> {
    await this.sessions.changeIfPresent(groupId, now, (session) => remove(session, userId, now))
  }

  /** Takes somebody who was muted in the group out of its voice room. */
  async memberMuted(groupId: string, userId: string, now: number): Promise<void> {
    await this.sessions.changeIfPresent(groupId, now, (session) => silence(session, userId, now))
  }

  /** Devices of a person have no session any more: they leave the call that they are in. */
  async sessionsEnded(userId: string, deviceIds: readonly string[], now: number): Promise<void> {
    const groupId = await this.sessions.groupOf(userId)
    if (groupId === undefined) return
    for (const deviceId of deviceIds)
      await this.sessions.changeIfPresent(groupId, now, (session) => vacate(session, { userId, deviceId }, now))
  }

  async groupDeleted(groupId: string, now: number): Promise<void> {
    await this.sessions.changeIfPresent(groupId, now, (session) => close(session, CallEndReason.HANG_UP, now))
  }

  /**
   * Ends what has run out (ringing, leases, calls), and writes commits that a crashed process has left pending. Errors: PartialFailure; a
   * call that cannot be swept keeps no other waiting.
   */
  async sweep(now: number): Promise<void> {
    await forEachSettled(
      await this.documents.due(now),
      (groupId) => `call of group ${groupId}`,
      async (groupId) => {
        await this.sessions.changeIfPresent(groupId, now, (session) => expire(session, now))
        await this.documents.settle(groupId)
      },
    )
  }
}
