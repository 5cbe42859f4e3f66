import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { EventBody, RosterEvent } from './changes.js'
import type { ActedCommand, RosterCommand } from './commands.js'
import { evolve } from './evolve.js'
import { createInvite, revokeInvite } from './invites.js'
import { acceptInvite, declineRequest, joinGroup, resolveJoinRequest } from './joining.js'
import {
  addMembers,
  banMember,
  changeRole,
  leaveGroup,
  muteMember,
  removeDeletedAccount,
  removeMember,
  transferOwnership,
  unbanMember,
} from './members.js'
import { EMPTY_ROSTER, type Roster, standingOf } from './roster.js'

export const rosterDecider: Decider<Roster, ActedCommand, RosterEvent, EventBody> = {
  initialState: EMPTY_ROSTER,
  decide,
  evolve,
}

/** Possible in an archived group: its members can leave or be removed, and an owner who leaves hands it over. */
const POSSIBLE_IN_ARCHIVE: ReadonlySet<RosterCommand['type']> = new Set([
  'LeaveGroup',
  'RemoveMember',
  'BanMember',
  'UnbanMember',
  'TransferOwnership',
])

/** Errors of every command: NOT_A_MEMBER, ARCHIVED, DIRECT_CHAT, NOT_PERMITTED, MUTED, and those of its function. */
function decide(command: ActedCommand, roster: Roster): EventBody[] {
  const { actorId } = command
  if (roster.members.size === 0) {
    throw new Refusal(command.type === 'JoinGroup' ? ErrorReason.GROUP_NOT_FOUND : ErrorReason.NOT_A_MEMBER)
  }
  if (command.type === 'RemoveDeletedAccount') return removeDeletedAccount(roster, command)
  if (command.type === 'ResolveJoinRequest' && command.userId === actorId && !command.approve) {
    return declineRequest(roster, actorId)
  }
  if (roster.archived && !POSSIBLE_IN_ARCHIVE.has(command.type)) throw new Refusal(ErrorReason.ARCHIVED)
  if (command.type === 'AcceptInvite') return acceptInvite(roster, command)
  if (command.type === 'JoinGroup') return joinGroup(roster, command)
  const actor = standingOf(roster, actorId)
  if (!actor) throw new Refusal(ErrorReason.NOT_A_MEMBER)
  if (roster.kind === GroupKind.DIRECT) throw new Refusal(ErrorReason.DIRECT_CHAT)
  switch (command.type) {
    case 'AddMembers':
      return addMembers(roster, actor, command)
    case 'RemoveMember':
      return removeMember(roster, actor, command)
    case 'BanMember':
      return banMember(roster, actor, command)
    case 'UnbanMember':
      return unbanMember(roster, actor, command)
    case 'MuteMember':
      return muteMember(roster, actor, command)
    case 'ChangeRole':
      return changeRole(roster, actor, command)
    case 'TransferOwnership':
      return transferOwnership(roster, actor, command)
    case 'LeaveGroup':
      return leaveGroup(roster, actor.role, actorId)
    case 'CreateInvite':
      return createInvite(roster, actor, command)
    case 'RevokeInvite':
      return revokeInvite(roster, actor, command)
    case 'ResolveJoinRequest':
      return resolveJoinRequest(roster, actor, command)
  }
}
