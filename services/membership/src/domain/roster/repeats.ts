import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import type { EventBody } from './changes.js'
import type { ActedCommand } from './commands.js'

/** What a command has written: its first event, whom or what that is about, and what its events about the same say beside that. */
export interface Written {
  readonly kind: string
  readonly about: string
  /** Comparable, not readable: see {@link Terms}. */
  readonly terms: string
}

/** What a command says beside whom or what it is about: a role, a reason, a note, a length of time. */
type Terms = readonly (string | number)[]

/** `at`: the time of the commit, Unix ms. `digest`: the words of people are kept in no second place. */
export function writtenOf(bodies: readonly EventBody[], at: number, digest: (text: string) => string): Written {
  const [first] = bodies
  const about = first ? aboutOf(first) : ''
  // Bots go with their owner: what is done to them follows from it.
  const terms = bodies.filter((body) => aboutOf(body) === about).flatMap((body) => termsOf(body, at))
  return { kind: first?.case ?? '', about, terms: digest(JSON.stringify(terms)) }
}

/** Of a mute, whatever time in the past it names. */
const ENDS = 0

function termsOf(body: EventBody, at: number): Terms {
  const after = (time: Timestamp | undefined) => (time ? timestampMs(time) - at : 0)
  switch (body.case) {
    case 'roleChanged':
      return [body.value.role]
    case 'memberBanned':
      return [body.value.reason, after(body.value.expiresAt)]
    case 'memberMuted':
      return [Math.max(ENDS, after(body.value.until))]
    case 'joinRequested':
      return [body.value.note]
    default:
      return []
  }
}

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

/** Whether a command can have written this, so that it may be a repeat of the one that did. A length of time counts from the command. */
export function isRepeat(command: ActedCommand, written: Written, digest: (text: string) => string): boolean {
  return eventsOf(command).some(
    ([kind, about, terms]) =>
      kind === written.kind &&
      (about ?? written.about) === written.about &&
      (terms === undefined || digest(JSON.stringify(terms)) === written.terms),
  )
}

/** Whom it is about, and its terms, are left out where they do not follow from the command. */
function eventsOf(command: ActedCommand): readonly [kind: EventBody['case'], about?: string, terms?: Terms][] {
  const { actorId, now } = command
  switch (command.type) {
    case 'AddMembers':
      return [
        ['membersAdded', ''],
        ...command.userIds.map((userId): ['memberJoined', string] => ['memberJoined', userId]),
      ]
    case 'RemoveMember':
      return [['memberRemoved', command.userId]]
    case 'ChangeRole':
      return [['roleChanged', command.userId, [command.role]]]
    case 'TransferOwnership':
      return [['ownershipTransferred', command.userId]]
    case 'LeaveGroup':
      return [['memberLeft', actorId]]
    case 'RemoveDeletedAccount':
      return [['memberLeft', actorId], ['ownershipTransferred'], ['joinDeclined', actorId]]
    case 'BanMember': {
      const terms = [command.reason, command.expiresAt === 0 ? 0 : command.expiresAt - now]
      return [
        ['memberBanned', command.userId, terms],
        ['joinDeclined', command.userId, terms],
      ]
    }
    case 'UnbanMember':
      return [['memberUnbanned', command.userId]]
    case 'MuteMember':
      return [['memberMuted', command.userId, [Math.max(ENDS, command.until - now)]]]
    case 'CreateInvite':
      return [['inviteCreated', command.inviteId]]
    case 'RevokeInvite':
      return [['inviteRevoked', command.inviteId]]
    case 'AcceptInvite':
    case 'JoinGroup':
      return [
        ['memberJoined', actorId],
        ['joinRequested', actorId, [command.note]],
        ['joinDeclined', actorId],
      ]
    case 'ResolveJoinRequest':
      return [[command.approve ? 'memberJoined' : 'joinDeclined', command.userId]]
  }
}
