import type { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import type { PermissionScope, Standing } from '@beseda/rules'

/** Where somebody became a member: the sequence of the commit, and how many membership changes precede this one in it. */
export interface Ordinal {
  readonly seq: number
  readonly index: number
}

export interface Member {
  readonly role: Role
  /** Unix ms. */
  readonly joinedAt: number
  /** The lower, the longer a member. Who leaves and comes back gets a new one. */
  readonly ordinal: Ordinal
}

export interface Ban {
  readonly reason: string
  readonly bannedBy: string
  /** Unix ms. */
  readonly bannedAt: number
  /** Unix ms; 0: never. */
  readonly expiresAt: number
}

export interface JoinRequest {
  /** Empty: not by an invite. */
  readonly inviteId: string
  readonly note: string
  /** Unix ms. */
  readonly requestedAt: number
}

export interface Invite {
  readonly id: string
  /** SHA-256 of the code. */
  readonly codeHash: Uint8Array
  /** The command that created it, from which the code follows. */
  readonly commandId: string
  /** To tell it from others; may be empty. */
  readonly name: string
  readonly createdBy: string
  /** Unix ms. */
  readonly createdAt: number
  /** Unix ms; 0: never. */
  readonly expiresAt: number
  /** 0: without limit. */
  readonly maxUses: number
  readonly uses: number
  readonly role: Role
  readonly revoked: boolean
  readonly needsApproval: boolean
}

export interface Roster extends PermissionScope {
  readonly status: 'not created' | 'open' | 'deleted'
  readonly kind: GroupKind
  readonly archived: boolean
  readonly discoverability: Discoverability
  /** By user id, in the order of their ordinals. */
  readonly members: ReadonlyMap<string, Member>
  /** Until when members may not post, by user id (Unix ms). Kept when they leave. */
  readonly mutes: ReadonlyMap<string, number>
  readonly invites: ReadonlyMap<string, Invite>
  /** By user id, expired ones included. */
  readonly bans: ReadonlyMap<string, Ban>
  /** By user id. */
  readonly requests: ReadonlyMap<string, JoinRequest>
}

export const EMPTY_ROSTER: Roster = {
  status: 'not created',
  kind: GroupKind.UNSPECIFIED,
  archived: false,
  discoverability: Discoverability.UNSPECIFIED,
  members: new Map(),
  mutes: new Map(),
  invites: new Map(),
  bans: new Map(),
  requests: new Map(),
}

/** A member's place in the rules of permissions; undefined: not a member. */
export function standingOf(roster: Roster, userId: string): (Standing & { readonly role: Role }) | undefined {
  const role = roleOf(roster, userId)
  return role === undefined ? undefined : { role, mutedUntil: roster.mutes.get(userId) ?? 0 }
}

export const roleOf = ({ members }: Roster, userId: string): Role | undefined => members.get(userId)?.role

export function isBanned({ bans }: Roster, userId: string, now: number): boolean {
  const ban = bans.get(userId)
  return ban !== undefined && (ban.expiresAt === 0 || ban.expiresAt > now)
}
