import type { CommandResult } from '@beseda/event-log'
import { blocksUpToDate, type Caller, type GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { requireAddable } from '@beseda/rules'
import type { RosterCommand } from '../domain/roster/commands.js'
import { rosterDecider } from '../domain/roster/decide.js'
import { isRepeat } from '../domain/roster/repeats.js'
import { EMPTY_ROSTER, type Roster } from '../domain/roster/roster.js'
import type { MembershipEvents } from '../events.js'
import { digest } from './digest.js'
import type { AddingRules, MembershipReader, People, RosterStore } from './ports.js'

/** What is done to the bots of a person, too, and what passes a group on to no bot. */
const WITH_BOTS: ReadonlySet<RosterCommand['type']> = new Set([
  'RemoveMember',
  'BanMember',
  'MuteMember',
  'RemoveDeletedAccount',
])
type AddMembers = Extract<RosterCommand, { readonly type: 'AddMembers' }>

const NO_GROUP = { state: EMPTY_ROSTER, lastSeq: 0 }

/** Changes of who is in a group, and of what they may do. */
export class RosterCommands {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: RosterStore,
    private readonly people: People,
    private readonly reader: Pick<MembershipReader, 'isBlocked'>,
    private readonly adding: AddingRules,
    private readonly events: Pick<MembershipEvents, 'changed'>,
  ) {}

  /**
   * A repeat is answered with the first result. Errors: those of `rosterDecider.decide`; COMMAND_ID_REUSED for the id of another person's
   * command, or of one for another group, of another kind, about somebody else or with other terms; USER_NOT_FOUND when AddMembers names an
   * unknown or a deleted account, BLOCKED when one with whom there is a block, NOT_ADDABLE when one whose privacy settings do not allow it.
   */
  async run(groupId: string, command: RosterCommand, caller: Caller): Promise<CommandResult> {
    if (command.type === 'AddMembers') return this.#add(groupId, command, caller)
    if (WITH_BOTS.has(command.type)) return this.#runWithBots(groupId, command, caller)
    return this.#run(groupId, command, caller)
  }

  async #add(groupId: string, command: AddMembers, caller: Caller): Promise<CommandResult> {
    const { userIds } = command
    await this.#requirePeople(userIds, caller.signal)
    await blocksUpToDate(this.history.deps, caller.signal)
    const owners = await this.people.ownersOf(userIds, caller.signal)
    const unaddable = new Set(await this.adding.unaddable(caller.userId, userIds, caller.signal))
    return this.#run(groupId, command, caller, owners, (roster) => {
      this.#requireWilling(roster, { ...command, actorId: caller.userId }, unaddable)
    })
  }

  /** Whose bots the members are is asked before; somebody who comes in meanwhile may be one, too. */
  async #runWithBots(groupId: string, command: RosterCommand, caller: Caller): Promise<CommandResult> {
    const memberIds = () => {
      const mayLook = this.#mayLook(groupId, command, caller.userId)
      return mayLook ? [...this.store.load(groupId).state.members.keys()] : []
    }
    for (;;) {
      const asked = new Set(memberIds())
      const owners = await this.people.ownersOf([...asked], caller.signal)
      let isStale = false
      const isAsked = ({ members }: Roster) => {
        isStale = [...members.keys()].some((userId) => !asked.has(userId))
        return !isStale
      }
      const result = await this.#run(groupId, command, caller, owners, undefined, isAsked)
      if (!isStale) return result
    }
  }

  /**
   * `confirm`: refuses what was decided on a roster. `isKnown`: whether what was asked about a roster covers it; nothing is decided on one
   * that is not.
   */
  async #run(
    groupId: string,
    command: RosterCommand,
    caller: Caller,
    owners?: ReadonlyMap<string, string>,
    confirm: (roster: Roster) => void = () => {},
    isKnown: (roster: Roster) => boolean = () => true,
  ): Promise<CommandResult> {
    const { commandId, userId: actorId, now } = caller
    const acted = { ...command, actorId, now: now.getTime(), owners }
    const result = await this.history.run<Roster>(groupId, 'roster', caller, {
      findResult: () => {
        const done = this.store.command(commandId)
        const isTheirs = done?.actorId === actorId && done.groupId === groupId
        if (done && !(isTheirs && isRepeat(acted, done, digest))) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return done?.seq
      },
      load: () => (this.#mayLook(groupId, command, actorId) ? this.store.load(groupId) : NO_GROUP),
      decide: (roster) => {
        if (!isKnown(roster)) return []
        const events = rosterDecider.decide(acted, roster)
        confirm(roster)
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
   * Nobody is put into a group by a person with whom there is a block, or whom their privacy settings do not let, unless they have asked to
   * join it. Decided after the permission: who may not add people learns of no block. Errors: BLOCKED, NOT_ADDABLE.
   */
  #requireWilling(
    { members, requests }: Roster,
    { actorId, userIds }: AddMembers & { readonly actorId: string },
    unaddable: ReadonlySet<string>,
  ): void {
    const added = userIds.filter((userId) => !members.has(userId) && !requests.has(userId))
    const blocked = added.find((userId) => this.reader.isBlocked(actorId, userId))
    if (blocked !== undefined) throw new Refusal(ErrorReason.BLOCKED, { user_id: blocked })
    requireAddable(added.filter((userId) => unaddable.has(userId)))
  }

  async #requirePeople(userIds: readonly string[], signal: AbortSignal): Promise<void> {
    const [unknown] = await this.people.unknown(userIds, signal)
    if (unknown !== undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND, { user_id: unknown })
  }
}
