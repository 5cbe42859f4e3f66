import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { MEMBER_LIMIT, type PermissionScope, rosterChanges } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { type Invite, inviteChange } from './invite.js'

export type EventBody = Event['body']

/** Why and until when somebody is kept out. */
export interface Ban {
  readonly reason: string
  readonly bannedBy: string
  /** Unix ms; 0: for good. */
  readonly expiresAt: number
}

/** Somebody who has asked to be let in. */
export interface JoinRequest {
  readonly inviteId: string
  readonly note: string
}

export interface Roster extends PermissionScope {
  readonly kind: GroupKind
  readonly archived: boolean
  readonly discoverability: Discoverability
  /** By time of joining. */
  readonly members: ReadonlyMap<string, Role>
  readonly invites: ReadonlyMap<string, Invite>
  readonly bans: ReadonlyMap<string, Ban>
  readonly requests: ReadonlyMap<string, JoinRequest>
}

export type RosterCommand =
  | { readonly type: 'AddMembers'; readonly userIds: readonly string[] }
  | { readonly type: 'RemoveMember'; readonly userId: string }
  | { readonly type: 'ChangeRole'; readonly userId: string; readonly role: Role }
  | { readonly type: 'TransferOwnership'; readonly userId: string }
  | { readonly type: 'Leave' }
  /** The actor's account is no more: leaves whatever the role; ownership passes to the oldest admin, or else member. */
  | { readonly type: 'Depart' }
  | { readonly type: 'Ban'; readonly userId: string; readonly reason: string; readonly expiresAt: number }
  | { readonly type: 'Unban'; readonly userId: string }
  | { readonly type: 'Mute'; readonly userId: string; readonly until: number }
  | {
      readonly type: 'CreateInvite'
      readonly inviteId: string
      readonly codeHash: Uint8Array
      /** Unix ms; 0: never. */
      readonly expiresAt: number
      readonly maxUses: number
      readonly role: Role
      readonly needsApproval: boolean
    }
  | { readonly type: 'RevokeInvite'; readonly inviteId: string }
  | { readonly type: 'Join'; readonly inviteId: string; readonly note: string }
  /** Without an invite, into a group that can be found. */
  | { readonly type: 'Enter'; readonly note: string }
  | { readonly type: 'Resolve'; readonly userId: string; readonly approve: boolean }

/** A command, who gives it, and when (Unix ms). */
export type ActedCommand = RosterCommand & { readonly actorId: string; readonly now: number }
/** An event and who caused it: invites remember their maker. */
export interface ActedEvent {
  readonly body: EventBody
  readonly actorId: string
}

export const EMPTY_ROSTER: Roster = {
  kind: GroupKind.UNSPECIFIED,
  archived: false,
  discoverability: Discoverability.UNSPECIFIED,
  members: new Map(),
  invites: new Map(),
  bans: new Map(),
  requests: new Map(),
}

export function isBanned({ bans }: Roster, userId: string, now: number): boolean {
  const ban = bans.get(userId)
  return ban !== undefined && (ban.expiresAt === 0 || ban.expiresAt > now)
}

/** Errors: GROUP_FULL. */
export function requireSeats(roster: Roster, wanted: number): void {
  const limit = MEMBER_LIMIT[roster.kind]
  if (roster.members.size + wanted > limit) throw new Refusal(ErrorReason.GROUP_FULL, { limit: String(limit) })
}

export function evolve(roster: Roster, { body, actorId }: ActedEvent): Roster {
  if (body.case === 'groupDeleted') return EMPTY_ROSTER
  const changes = rosterChanges(body)
  return {
    ...settled(roster, body),
    members: membersAfter(roster, changes),
    invites: invitesAfter(roster, body, actorId),
    bans: bansAfter(roster.bans, body, actorId),
    requests: requestsAfter(roster.requests, body, changes),
  }
}

/** What the lane of the group says that matters to its roster. */
function settled(roster: Roster, body: EventBody): Roster {
  if (body.case === 'groupCreated') return { ...roster, kind: body.value.kind }
  if (body.case !== 'groupUpdated') return roster
  const { settings, archived = roster.archived } = body.value
  if (!settings) return { ...roster, archived }
  return { ...roster, archived, overrides: settings.permissions, discoverability: settings.discoverability }
}

function membersAfter({ members }: Roster, changes: ReturnType<typeof rosterChanges>): ReadonlyMap<string, Role> {
  if (changes.length === 0) return members
  const after = new Map(members)
  for (const { userId, role } of changes) {
    if (role === undefined) after.delete(userId)
    else after.set(userId, role)
  }
  return after
}

function invitesAfter({ invites }: Roster, body: EventBody, createdBy: string): ReadonlyMap<string, Invite> {
  const change = inviteChange(invites, body, createdBy)
  return change ? new Map(invites).set(change.id, change) : invites
}

function bansAfter(bans: Roster['bans'], body: EventBody, bannedBy: string): Roster['bans'] {
  if (body.case === 'memberBanned') {
    const { userId, reason, expiresAt } = body.value
    return new Map(bans).set(userId, { reason, bannedBy, expiresAt: expiresAt ? timestampMs(expiresAt) : 0 })
  }
  if (body.case !== 'memberUnbanned') return bans
  return new Map([...bans].filter(([userId]) => userId !== body.value.userId))
}

function requestsAfter(
  requests: Roster['requests'],
  body: EventBody,
  changes: ReturnType<typeof rosterChanges>,
): Roster['requests'] {
  if (body.case === 'joinRequested') {
    const { userId, inviteId, note } = body.value
    return new Map(requests).set(userId, { inviteId, note })
  }
  const settledFor = new Set(changes.map(({ userId }) => userId))
  if (body.case === 'joinDeclined') settledFor.add(body.value.userId)
  if (settledFor.size === 0) return requests
  return new Map([...requests].filter(([userId]) => !settledFor.has(userId)))
}
