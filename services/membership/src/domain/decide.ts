import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { createInvite, decline, enter, join, resolve, revokeInvite, withdrawal } from './entry.js'
import { addMembers, ban, changeRole, depart, leave, mute, removeMember, transfer, unban } from './members.js'
import {
  type ActedCommand,
  type ActedEvent,
  EMPTY_ROSTER,
  type EventBody,
  evolve,
  type Roster,
  type RosterCommand,
} from './roster.js'

export const rosterDecider: Decider<Roster, ActedCommand, ActedEvent> = {
  initialState: EMPTY_ROSTER,
  decide: (command, roster) => decide(command, roster).map((body) => ({ body, actorId: command.actorId })),
  evolve,
}

/** Possible in an archived group: nobody is held in it. */
const ALWAYS_POSSIBLE: ReadonlySet<RosterCommand['type']> = new Set(['Leave', 'Depart', 'RemoveMember', 'Ban', 'Unban'])

function decide(command: ActedCommand, roster: Roster): EventBody[] {
  const { actorId, now } = command
  if (roster.members.size === 0) throw new Refusal(ErrorReason.NOT_A_MEMBER)
  const role = roster.members.get(actorId)
  if (command.type === 'Depart') return role === undefined ? withdrawal(roster, actorId) : depart(roster, actorId)
  if (roster.archived && !ALWAYS_POSSIBLE.has(command.type)) throw new Refusal(ErrorReason.ARCHIVED)
  if (command.type === 'Join') return join(roster, command)
  if (command.type === 'Enter') return enter(roster, command)
  if (command.type === 'Resolve' && command.userId === actorId && !command.approve) return decline(roster, actorId)
  if (role === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
  if (roster.kind === GroupKind.DIRECT) throw new Refusal(ErrorReason.DIRECT_CHAT)
  switch (command.type) {
    case 'AddMembers':
      return addMembers(roster, role, command.userIds, now)
    case 'RemoveMember':
      return removeMember(roster, role, command.userId)
    case 'Ban':
      return ban(roster, role, command)
    case 'Unban':
      return unban(roster, role, command.userId)
    case 'Mute':
      return mute(roster, role, command.userId, command.until)
    case 'ChangeRole':
      return changeRole(roster, role, command.userId, command.role)
    case 'TransferOwnership':
      return transfer(roster, role, actorId, command.userId)
    case 'Leave':
      return leave(roster, role, actorId)
    case 'CreateInvite':
      return createInvite(roster, role, command)
    case 'RevokeInvite':
      return revokeInvite(roster, role, actorId, command.inviteId)
    case 'Resolve':
      return resolve(roster, role, command.userId, command.approve, now)
  }
}
