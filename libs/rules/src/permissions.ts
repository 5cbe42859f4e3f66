import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission, type PermissionOverride, PermissionSchema, rule } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, NewcomerHistory } from '@beseda/proto/group/v1/events'
import { getOption } from '@bufbuild/protobuf'

/** The group's part in a decision: its kind, and what its owner has changed. */
export interface PermissionScope {
  readonly kind: GroupKind
  readonly overrides?: readonly Pick<PermissionOverride, 'permission' | 'leastRole'>[] | undefined
}

/** Who asks: a member with their role and, in Unix ms, the end of their mute (0 or past: not muted). Undefined role: not a member. */
export interface Standing {
  readonly role: Role | undefined
  readonly mutedUntil: number
}

/** The role of the person it is done to; undefined: not a member (any more). */
export interface PermissionTarget {
  readonly role: Role | undefined
}

const rules = new Map(
  PermissionSchema.values
    .filter(({ number }) => number !== Permission.UNSPECIFIED)
    .map((value) => [value.number as Permission, getOption(value, rule)]),
)

/** All permissions, in the order of the contract. */
export const PERMISSIONS: readonly Permission[] = [...rules.keys()]

/** Permissions that the owner of a group may change. */
export const OVERRIDABLE: readonly Permission[] = PERMISSIONS.filter((permission) => rules.get(permission)?.overridable)

/** The least role with the permission by default; undefined: nobody in a group of this kind. */
export function defaultRole(permission: Permission, kind: GroupKind): Role | undefined {
  const found = rules.get(permission)
  const role = kind === GroupKind.DIRECT ? found?.direct : kind === GroupKind.GROUP ? found?.group : found?.channel
  return role || undefined
}

/** The least role with the permission in this group; undefined: nobody. */
export function leastRole(permission: Permission, { kind, overrides = [] }: PermissionScope): Role | undefined {
  const standard = defaultRole(permission, kind)
  if (standard === undefined || kind === GroupKind.DIRECT || !rules.get(permission)?.overridable) return standard
  return overrides.find((override) => override.permission === permission)?.leastRole || standard
}

/**
 * Whether a role allows something in a group, mutes aside: what a client shows. `target` is the person it is done to, if any;
 * they must have a lower role where the contract says so (a non-member is below everybody).
 */
export function roleAllows(
  permission: Permission,
  scope: PermissionScope,
  role: Role | undefined,
  target?: PermissionTarget,
): boolean {
  if (role === undefined || role === Role.UNSPECIFIED) return false
  const least = leastRole(permission, scope)
  if (least === undefined || role < least) return false
  if (target && rules.get(permission)?.outranks) return (target.role ?? Role.UNSPECIFIED) < role
  return true
}

/**
 * Who is in charge of a group: mentioned by `<@admins>`, exempt from slow mode, and allowed to read earlier history where
 * newcomers are not. Not a permission of the table, because it cannot be granted separately.
 */
export const isAdmin = (role: Role | undefined): boolean => role !== undefined && role >= Role.ADMIN

/** History up to this sequence is hidden from a member who joined there; 0: nothing is hidden. */
export const hiddenUpTo = (newcomers: NewcomerHistory | undefined, role: Role, joinedSeq: number): number =>
  newcomers === NewcomerHistory.FROM_JOINING && !isAdmin(role) ? joinedSeq : 0

/** Whether somebody may do something in a group at `now` (Unix ms): their role allows it, and no mute stops it. */
export const mayDo = (
  permission: Permission,
  scope: PermissionScope,
  { role, mutedUntil }: Standing,
  now: number,
  target?: PermissionTarget,
): boolean =>
  roleAllows(permission, scope, role, target) && (mutedUntil <= now || rules.get(permission)?.muted === true)

/** Errors: NOT_PERMITTED; MUTED when the role allows it. */
export function permit(
  permission: Permission,
  scope: PermissionScope,
  standing: Standing,
  now: number,
  target?: PermissionTarget,
): void {
  if (!roleAllows(permission, scope, standing.role, target)) {
    throw new Refusal(ErrorReason.NOT_PERMITTED, { permission: Permission[permission] })
  }
  if (!rules.get(permission)?.muted) refuseMuted(standing, now)
}

/** For what needs no permission and adds something that others see. Errors: MUTED. */
export function refuseMuted({ mutedUntil }: Pick<Standing, 'mutedUntil'>, now: number): void {
  if (mutedUntil > now) throw new Refusal(ErrorReason.MUTED, { until: String(mutedUntil) }, mutedUntil - now)
}
