import { CallEndReason } from '@beseda/proto/call/v1/events'
import { close } from '../domain/call.js'
import { recover } from '../domain/recovery.js'
import { type CallLimits, type CallSession, MAX_CALL_MS } from '../domain/session.js'
import { isCrowded, uncrowd } from '../domain/sfu.js'
import type { CallSessions } from './call-sessions.js'
import type { CallLog } from './ports.js'
import type { SfuRooms } from './sfu-rooms.js'

/** Calls that the log still has when Redis was emptied in the middle of them (ADR 16). */
export class LostCalls {
  constructor(
    private readonly sessions: CallSessions,
    private readonly log: CallLog,
    private readonly rooms: Pick<SfuRooms, 'open' | 'drop'>,
    private readonly rules: { readonly ringMs: number; readonly limits: CallLimits },
  ) {}

  /**
   * Does something with the group's call as the log tells it; undefined when Redis has a session, or there is no unfinished call. A call of
   * more people than can send to each other has a new room at once: nobody is told that it has none. When several are at it at the same time,
   * one of their rooms is used, and the others are dropped. Errors: those of `work`.
   */
  async during<Result>(
    groupId: string,
    direct: boolean,
    now: number,
    work: (lost: CallSession | undefined) => Promise<Result>,
  ): Promise<Result> {
    if (await this.sessions.find(groupId)) return work(undefined)
    const lost = recover(await this.log.unfinished(groupId), { groupId, direct, ...this.rules, now })
    const room = lost && isCrowded(lost) ? await this.rooms.open(lost) : undefined
    if (!lost || !room) return work(lost)
    try {
      return await work(uncrowd(lost, room).session)
    } finally {
      this.rooms.drop(room, await this.sessions.find(groupId))
    }
  }

  /**
   * Before a new call: takes a lost call up again when others may still be in it, otherwise ends it. In a direct chat the person who
   * calls is no longer in it.
   */
  async settle(groupId: string, direct: boolean, now: number): Promise<void> {
    await this.during(groupId, direct, now, async (lost) => {
      if (!lost) return
      const isOver = direct || lost.startedAt + MAX_CALL_MS <= now
      await this.sessions.change(groupId, now, (session) => {
        if (session) return { session, events: [] }
        return isOver ? close(lost, CallEndReason.LOST, now) : { session: lost, events: [] }
      })
    })
  }
}
