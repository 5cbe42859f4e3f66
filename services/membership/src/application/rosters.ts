import type { CommandResult } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { rosterDecider } from '../domain/decide.js'
import type { Roster, RosterCommand } from '../domain/roster.js'
import { commandById, loadRoster, roleOf } from '../projections/queries.js'

/** Changes of who is in a group and what they may. */
export class Rosters {
  constructor(private readonly history: GroupHistory) {}

  /** For a member's questions. Errors: NOT_A_MEMBER. */
  async asMember<T>(groupId: string, userId: string, minSeq: number, signal: AbortSignal, ask: () => T): Promise<T> {
    await this.history.waitForNamed(groupId, minSeq, signal)
    return this.history.confirmRefusals(groupId, signal, () => {
      if (roleOf(this.history.view, groupId, userId) === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
      return ask()
    })
  }

  run(groupId: string, command: RosterCommand, caller: Caller): Promise<CommandResult> {
    const { commandId, userId: actorId, now } = caller
    return this.history.run<Roster>(groupId, 'roster', caller, {
      findResult: () => {
        const done = commandById(this.history.view, commandId)
        if (done && done.actor_id !== actorId) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return done?.seq
      },
      load: () => loadRoster(this.history.view, groupId),
      decide: (roster) =>
        rosterDecider.decide({ ...command, actorId, now: now.getTime() }, roster).map(({ body }) => body),
    })
  }
}
