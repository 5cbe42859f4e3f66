import { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind, GroupSettings } from '@beseda/proto/group/v1/events'
import type { Commit, Event } from '@beseda/proto/log/v1/commit'
import { rosterChanges } from '@beseda/rules'
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import { type NoticeChange, noticeChanges } from './notices.js'
import type { Ban, Invite, JoinRequest, Member, Roster } from './roster.js'

export type EventBody = Event['body']

/** An event with its position in the log. */
export interface RosterEvent {
  readonly body: EventBody
  readonly actorId: string
  readonly commandId: string
  /** Time of the commit, Unix ms. */
  readonly at: number
  /** Sequence of the commit. */
  readonly seq: number
  /** How many membership changes precede the event in its commit. */
  readonly index: number
}

export function rosterEventsOf({ seq, commit }: { readonly seq: number; readonly commit: Commit }): RosterEvent[] {
  const at = msOf(commit.time)
  let index = 0
  return commit.events.map(({ body, actorId, commandId }) => {
    const event = { body, actorId, commandId, at, seq, index }
    index += rosterChanges(body).length
    return event
  })
}

/** What an event does to a roster, and to what is shown of its group. */
export type Change =
  | {
      readonly type: 'putGroup'
      readonly kind: GroupKind
      readonly name: string
      readonly topic: string
      readonly at: number
    }
  | ({ readonly type: 'updateGroup' } & GroupUpdate)
  | { readonly type: 'endGroup' }
  /** A new member; of one who is a member already only the role changes. */
  | { readonly type: 'putMember'; readonly userId: string; readonly member: Member }
  | { readonly type: 'dropMember'; readonly userId: string }
  | { readonly type: 'putMute'; readonly userId: string; readonly until: number }
  | { readonly type: 'putBan'; readonly userId: string; readonly ban: Ban }
  | { readonly type: 'dropBan'; readonly userId: string }
  | { readonly type: 'putRequest'; readonly userId: string; readonly request: JoinRequest }
  | { readonly type: 'dropRequest'; readonly userId: string }
  | { readonly type: 'putInvite'; readonly invite: Invite }
  | { readonly type: 'closeInvite'; readonly inviteId: string }
  | { readonly type: 'countUse'; readonly inviteId: string }
  | NoticeChange

/** Undefined: as before. */
export interface GroupUpdate {
  readonly name: string | undefined
  readonly topic: string | undefined
  readonly avatarFileId: string | undefined
  readonly archived: boolean | undefined
  readonly settings: GroupSettings | undefined
}

/** A group is created once, and nothing happens to it before that or after its end. */
export const isEffective = (body: EventBody, status: Roster['status']): boolean =>
  status === (body.case === 'groupCreated' ? 'not created' : 'open')

/** The one fold: `evolve` applies these changes to maps, the view applies them to tables. */
export const changesOf = (event: RosterEvent): readonly Change[] => [
  // First: who is told depends on who was a member.
  ...noticeChanges(event),
  ...groupChanges(event),
  ...memberChanges(event),
  ...banAndMuteChanges(event),
  ...requestChanges(event),
  ...inviteChanges(event),
]

function groupChanges({ body, at }: RosterEvent): Change[] {
  if (body.case === 'groupCreated') {
    const { kind, name, topic } = body.value
    return [{ type: 'putGroup', kind, name, topic, at }]
  }
  if (body.case === 'groupUpdated') {
    const { name, topic, avatarFileId, archived, settings } = body.value
    return [{ type: 'updateGroup', name, topic, avatarFileId, archived, settings }]
  }
  return body.case === 'groupDeleted' ? [{ type: 'endGroup' }] : []
}

/** Any change of membership also ends the request of the person to join. */
const memberChanges = ({ body, at, seq, index }: RosterEvent): Change[] =>
  rosterChanges(body).flatMap(({ userId, role }, i): Change[] => [
    { type: 'dropRequest', userId },
    role === undefined
      ? { type: 'dropMember', userId }
      : { type: 'putMember', userId, member: { role, joinedAt: at, ordinal: { seq, index: index + i } } },
  ])

function banAndMuteChanges({ body, actorId, at }: RosterEvent): Change[] {
  if (body.case === 'memberBanned') {
    const { userId, reason, expiresAt } = body.value
    return [{ type: 'putBan', userId, ban: { reason, bannedBy: actorId, bannedAt: at, expiresAt: msOf(expiresAt) } }]
  }
  if (body.case === 'memberUnbanned') return [{ type: 'dropBan', userId: body.value.userId }]
  if (body.case !== 'memberMuted') return []
  return [{ type: 'putMute', userId: body.value.userId, until: msOf(body.value.until) }]
}

function requestChanges({ body, at }: RosterEvent): Change[] {
  if (body.case === 'joinRequested') {
    const { userId, inviteId, note } = body.value
    return [{ type: 'putRequest', userId, request: { inviteId, note, requestedAt: at } }]
  }
  return body.case === 'joinDeclined' ? [{ type: 'dropRequest', userId: body.value.userId }] : []
}

function inviteChanges({ body, actorId, commandId, at }: RosterEvent): Change[] {
  if (body.case === 'inviteCreated') {
    const { inviteId: id, codeHash, expiresAt, maxUses, role, needsApproval, name } = body.value
    const terms = { expiresAt: msOf(expiresAt), maxUses, role: role || Role.MEMBER, needsApproval, name }
    const invite = { id, codeHash, commandId, createdBy: actorId, createdAt: at, uses: 0, revoked: false, ...terms }
    return [{ type: 'putInvite', invite }]
  }
  if (body.case === 'inviteRevoked') return [{ type: 'closeInvite', inviteId: body.value.inviteId }]
  if (body.case !== 'memberJoined' || body.value.inviteId === '') return []
  return [{ type: 'countUse', inviteId: body.value.inviteId }]
}

/** 0: no time. */
const msOf = (time: Timestamp | undefined): number => (time ? timestampMs(time) : 0)
