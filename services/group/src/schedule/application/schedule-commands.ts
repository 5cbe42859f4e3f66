import type { CommandResult } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import type { CallTerms } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Schedule } from '@beseda/rules/schedule'
import type { Access } from '../../groups/application/access.js'
import type { KeyedHashes } from '../../groups/application/ports.js'
import { scopeOf } from '../../groups/application/records.js'
import { eventOf, type ScheduleCommand, scheduleDecider } from '../domain/schedule.js'
import type { ScheduleStore } from './ports.js'

/**
 * Changes of what is scheduled. They are in the lane `calls`, on the condition that the roster stands still (rights), and with a guard on the
 * schedules of the group (their number, and what each says): ADR 62 and 112.
 */
export class ScheduleCommands {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly store: ScheduleStore,
    private readonly keys: Pick<KeyedHashes, 'id'>,
  ) {}

  /**
   * The id follows from the command and its author, so a retry gets the same one (ADR 51). Errors: NOT_A_MEMBER, NOT_PERMITTED, MUTED,
   * ARCHIVED, BLOCKED, BAD_SCHEDULE, BAD_TEXT, TOO_MANY, COMMAND_ID_REUSED.
   */
  async schedule(
    groupId: string,
    terms: CallTerms,
    caller: Caller,
  ): Promise<CommandResult & { readonly scheduleId: string }> {
    const scheduleId = this.keys.id('schedule', groupId, caller.userId, caller.commandId)
    return { ...(await this.run(groupId, { type: 'Schedule', scheduleId, terms }, caller)), scheduleId }
  }

  /**
   * A repeated command is answered with its first result. Errors: those of {@link scheduleDecider}; NOT_A_MEMBER, BLOCKED; COMMAND_ID_REUSED
   * for the id of another person's command, or of one with another content.
   */
  async run(groupId: string, command: ScheduleCommand, caller: Caller): Promise<CommandResult> {
    const { userId, commandId, signal, now } = caller
    await this.access.knowBlocks(groupId, userId, signal)
    // An answer counts for nobody but its author: it is told apart from a repeat by its id.
    const guarded = command.type !== 'Answer'
    return this.history.run<Schedule>(groupId, 'calls', caller, {
      findResult: () => {
        const done = this.store.result(commandId)
        if (!done) return undefined
        const isTheirs = done.actorId === userId && done.groupId === groupId
        if (!(isTheirs && done.wrote(eventOf(command, userId)))) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return done.seq
      },
      load: () => ({ state: this.#load(groupId, command.scheduleId, userId), lastSeq: this.store.lastSeq(groupId) }),
      decide: (schedule) => {
        const { group, member } = this.access.visit(groupId, userId)
        const ahead = this.store.ahead(groupId, now.getTime())
        const scope = { ...scopeOf(group), archived: group.archived }
        const by = { userId, standing: member, scope, now: now.getTime(), ahead }
        const events = scheduleDecider.decide({ ...command, by }, schedule)
        if (command.type !== 'Unschedule') this.access.refuseBlocked(group, userId)
        return events
      },
      expects: () => ({
        subject: this.history.subject(groupId, 'roster'),
        lastSeq: this.store.rosterSeq(groupId),
      }),
      guard: () => (guarded ? `${groupId} schedules ${this.store.lastSeq(groupId)}` : undefined),
    })
  }

  /** Somebody outside gets the answer for a group that does not exist, after the same work. */
  #load(groupId: string, scheduleId: string, userId: string): Schedule {
    return this.access.find(groupId, userId) ? this.store.load(groupId, scheduleId) : undefined
  }
}
