import type { CommandResult } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import type { LaneName } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type ByMember, type GroupCommand, groupDecider } from '../domain/group.js'
import type { Group } from '../domain/group-changes.js'
import { isRepeat } from '../domain/repeats.js'
import type { GroupReader, GroupStore } from './ports.js'

const NO_GROUP = { state: undefined, lastSeq: 0 }

/**
 * Carries out commands on a group: its creation, settings, webhooks and end. It begins in the lane `group`; everything after that is written
 * to the lane `roster`, because what is decided on (who is what in the group, and what the group allows) is changed nowhere else (ADR 62).
 */
export class GroupLane {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: GroupStore,
    private readonly groups: GroupReader,
  ) {}

  /**
   * A repeated command is answered with its first result. Errors: COMMAND_ID_REUSED for the id of another person's command, or of one for
   * another group or of other content (`domain/repeats`).
   */
  run(groupId: string, caller: Caller, command: () => GroupCommand): Promise<CommandResult> {
    return this.#run('roster', groupId, caller, command, () => this.store.load(groupId))
  }

  /** Errors: like {@link run}. */
  found(groupId: string, caller: Caller, command: GroupCommand & { readonly type: 'Create' }): Promise<CommandResult> {
    return this.#run(
      'group',
      groupId,
      caller,
      () => command,
      () => this.store.load(groupId),
    )
  }

  #run(
    lane: LaneName,
    groupId: string,
    caller: Caller,
    command: () => GroupCommand,
    load: () => ReturnType<GroupStore['load']>,
  ): Promise<CommandResult> {
    return this.history.run<Group>(groupId, lane, caller, {
      findResult: () => {
        const done = this.store.result(caller.commandId)
        const isTheirs = done?.actorId === caller.userId && done.groupId === groupId
        if (done && !(isTheirs && isRepeat(command(), done))) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return done?.seq
      },
      load,
      decide: (group) => groupDecider.decide(command(), group),
    })
  }

  /**
   * A command that depends on what the caller may do. Somebody outside gets the answer for a group that does not exist, after the same work.
   */
  runAsMember(groupId: string, caller: Caller, command: (by: ByMember) => GroupCommand): Promise<CommandResult> {
    const member = () => this.groups.member(groupId, caller.userId)
    const decided = () => {
      const { role, mutedUntil = 0 } = member() ?? {}
      return command({ role, mutedUntil, now: caller.now.getTime() })
    }
    return this.#run('roster', groupId, caller, decided, () => (member() ? this.store.load(groupId) : NO_GROUP))
  }
}
