import { type CommandDeps, type CommandResult, catchUp, handleCommand, refusedOnlyWhenFresh } from '@beseda/event-log'
import { partitionOf, Refusal } from '@beseda/kernel'
import { groupFilter, historyStream, historySubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Roster, type RosterCommand, rosterDecider } from '../domain/roster.js'
import { commandById, loadRoster, roleOf } from '../projections/queries.js'

export interface Caller {
  readonly commandId: string
  readonly userId: string
  readonly now: Date
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

/** Changes of who is in a group and what they may. */
export class Rosters {
  constructor(
    private readonly deps: CommandDeps,
    private readonly partitionCount: number,
  ) {}

  run(groupId: string, command: RosterCommand, caller: Caller): Promise<CommandResult> {
    const reasons = [ErrorReason.NOT_A_MEMBER, ErrorReason.NOT_PERMITTED, ErrorReason.USER_NOT_FOUND]
    return refusedOnlyWhenFresh(this.#place(groupId, caller.signal), reasons, () => this.#run(groupId, command, caller))
  }

  /** For a member's questions. Errors: NOT_A_MEMBER. */
  asMember<T>(groupId: string, userId: string, minSeq: number, signal: AbortSignal, ask: () => T): Promise<T> {
    return refusedOnlyWhenFresh(this.#place(groupId, signal), [ErrorReason.NOT_A_MEMBER], async () => {
      await this.deps.projection.waitFor(this.#stream(groupId), minSeq, signal)
      if (roleOf(this.deps.projection.view, groupId, userId) === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
      return ask()
    })
  }

  catchUp(groupId: string, signal: AbortSignal): Promise<void> {
    return catchUp(this.#place(groupId, signal))
  }

  waitFor(groupId: string, seq: number, signal: AbortSignal): Promise<void> {
    return this.deps.projection.waitFor(this.#stream(groupId), seq, signal)
  }

  #place(groupId: string, signal: AbortSignal) {
    const partition = partitionOf(groupId, this.partitionCount)
    return { ...this.deps, stream: historyStream(partition), filter: groupFilter(partition, groupId), signal }
  }

  #stream(groupId: string): string {
    return historyStream(partitionOf(groupId, this.partitionCount))
  }

  #run(groupId: string, command: RosterCommand, caller: Caller): Promise<CommandResult> {
    const { commandId, userId } = caller
    const partition = partitionOf(groupId, this.partitionCount)
    return handleCommand<Roster>(this.deps, {
      ...caller,
      key: groupId,
      actorId: userId,
      stream: historyStream(partition),
      subject: historySubject(partition, groupId, 'roster'),
      findResult: () => {
        const done = commandById(this.deps.projection.view, commandId)
        if (done && done.actor_id !== userId) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return done?.seq
      },
      load: () => loadRoster(this.deps.projection.view, groupId),
      decide: (roster) => rosterDecider.decide({ ...command, actorId: userId }, roster).map(({ body }) => body),
    })
  }
}
