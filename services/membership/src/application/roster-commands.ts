import type { CommandResult } from '@beseda/event-log'
import { type Caller, confirmBlocks, type GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { ActedCommandOf, RosterCommand } from '../domain/roster/commands.js'
import { rosterDecider } from '../domain/roster/decide.js'
import { isRepeat } from '../domain/roster/repeats.js'
import { EMPTY_ROSTER, type Roster } from '../domain/roster/roster.js'
import type { MembershipEvents } from '../events.js'
import { digest } from './digest.js'
import type { MembershipReader, People, RosterStore } from './ports.js'

const NO_GROUP = { state: EMPTY_ROSTER, lastSeq: 0 }

/** Changes of who is in a group, and of what they may do. */
export class RosterCommands {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: RosterStore,
    private readonly people: People,
    private readonly reader: Pick<MembershipReader, 'isBlocked'>,
    private readonly events: Pick<MembershipEvents, 'changed'>,
  ) {}

  /**
   * A repeat is answered with the first result. Errors: those of `rosterDecider.decide`; COMMAND_ID_REUSED for the id of another person's
   * command, or of one for another group, of another kind, about somebody else or with other terms; USER_NOT_FOUND when AddMembers names an
   * unknown or a deleted account, BLOCKED when one with whom there is a block.
   */
  async run(groupId: string, command: RosterCommand, caller: Caller): Promise<CommandResult> {
    if (command.type !== 'AddMembers') return this.#run(groupId, command, caller)
    const { userId, signal } = caller
    await this.#requirePeople(command.userIds, signal)
    return confirmBlocks(this.history.deps, { userId, otherId: '*', signal }, () => this.#run(groupId, command, caller))
  }

  async #run(groupId: string, command: RosterCommand, caller: Caller): Promise<CommandResult> {
    const { commandId, userId: actorId, now } = caller
    const acted = { ...command, actorId, now: now.getTime() }
    const result = await this.history.run<Roster>(groupId, 'roster', caller, {
      findResult: () => {
        const done = this.store.command(commandId)
        const isTheirs = done?.actorId === actorId && done.groupId === groupId
        if (done && !(isTheirs && isRepeat(acted, done, digest))) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return done?.seq
      },
      load: () => (this.#mayLook(groupId, command, actorId) ? this.store.load(groupId) : NO_GROUP),
      decide: (roster) => {
        const events = rosterDecider.decide(acted, roster)
        if (acted.type === 'AddMembers') this.#requireUnblocked(roster, acted)
        return events
      },
    })
    this.events.changed(result.events, groupId, actorId)
    return result
  }

  /**
   * Somebody outside gets the answer for a group that does not exist, after the same work: a large roster takes long to load. Those who are
   * on their way in, or whom the group's own rules let in, are no strangers.
   */
  #mayLook(groupId: string, command: RosterCommand, actorId: string): boolean {
    const onTheWay = command.type === 'AcceptInvite' || command.type === 'RemoveDeletedAccount'
    const isAsker = command.type === 'ResolveJoinRequest' && command.userId === actorId
    if (onTheWay || isAsker || this.store.isMember(groupId, actorId)) return true
    return command.type === 'JoinGroup' && this.store.isFindable(groupId)
  }

  /**
   * Nobody is put into a group by a person with whom there is a block, unless they have asked to join it. Decided after the permission: who
   * may not add people learns of no block. Errors: BLOCKED.
   */
  #requireUnblocked({ members, requests }: Roster, { actorId, userIds }: ActedCommandOf<'AddMembers'>): void {
    const added = userIds.filter((userId) => !members.has(userId) && !requests.has(userId))
    const blocked = added.find((userId) => this.reader.isBlocked(actorId, userId))
    if (blocked !== undefined) throw new Refusal(ErrorReason.BLOCKED, { user_id: blocked })
  }

  async #requirePeople(userIds: readonly string[], signal: AbortSignal): Promise<void> {
    const [unknown] = await this.people.unknown(userIds, signal)
    if (unknown !== undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND, { user_id: unknown })
  }
}
