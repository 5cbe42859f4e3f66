import type { EventBody } from './changes.js'
import type { ActedCommand } from './commands.js'

/** The first event that a command has written, and whom or what it is about. */
export interface Written {
  readonly kind: string
  readonly about: string
}

export const writtenOf = (body: EventBody): Written => ({ kind: body.case ?? '', about: aboutOf(body) })

/** Id of the person or of the invite; empty: of neither, or of several people. */
function aboutOf(body: EventBody): string {
  switch (body.case) {
    case 'inviteCreated':
    case 'inviteRevoked':
      return body.value.inviteId
    case 'ownershipTransferred':
      return body.value.toUserId
    case 'memberJoined':
    case 'memberLeft':
    case 'memberRemoved':
    case 'memberBanned':
    case 'memberUnbanned':
    case 'memberMuted':
    case 'roleChanged':
    case 'joinRequested':
    case 'joinDeclined':
      return body.value.userId
    default:
      return ''
  }
}

/** Whether a command can have written this event first, so that it may be a repeat of the one that did. */
export function isRepeat(command: ActedCommand, written: Written): boolean {
  return eventsOf(command).some(([kind, about]) => kind === written.kind && (about ?? written.about) === written.about)
}

/** Where whom it is about does not follow from the command, that is left out. */
function eventsOf(command: ActedCommand): readonly [kind: EventBody['case'], about?: string][] {
  const { actorId } = command
  switch (command.type) {
    case 'AddMembers':
      return [
        ['membersAdded', ''],
        ...command.userIds.map((userId): ['memberJoined', string] => ['memberJoined', userId]),
      ]
    case 'RemoveMember':
      return [['memberRemoved', command.userId]]
    case 'ChangeRole':
      return [['roleChanged', command.userId]]
    case 'TransferOwnership':
      return [['ownershipTransferred', command.userId]]
    case 'LeaveGroup':
      return [['memberLeft', actorId]]
    case 'RemoveDeletedAccount':
      return [['memberLeft', actorId], ['ownershipTransferred'], ['joinDeclined', actorId]]
    case 'BanMember':
      return [
        ['memberBanned', command.userId],
        ['joinDeclined', command.userId],
      ]
    case 'UnbanMember':
      return [['memberUnbanned', command.userId]]
    case 'MuteMember':
      return [['memberMuted', command.userId]]
    case 'CreateInvite':
      return [['inviteCreated', command.inviteId]]
    case 'RevokeInvite':
      return [['inviteRevoked', command.inviteId]]
    case 'AcceptInvite':
    case 'JoinGroup':
      return [
        ['memberJoined', actorId],
        ['joinRequested', actorId],
        ['joinDeclined', actorId],
      ]
    case 'ResolveJoinRequest':
      return [[command.approve ? 'memberJoined' : 'joinDeclined', command.userId]]
  }
}
