import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Role } from '@beseda/proto/membership/v1/events'

/** The least role that an action takes, by kind of group. A direct chat has no roles and allows none of them. */
const LEAST_ROLE = {
  addMembers: { [GroupKind.GROUP]: Role.MEMBER, [GroupKind.CHANNEL]: Role.ADMIN },
  invite: { [GroupKind.GROUP]: Role.MEMBER, [GroupKind.CHANNEL]: Role.ADMIN },
  inviteAdmins: { [GroupKind.GROUP]: Role.OWNER, [GroupKind.CHANNEL]: Role.OWNER },
  revokeOthersInvites: { [GroupKind.GROUP]: Role.ADMIN, [GroupKind.CHANNEL]: Role.ADMIN },
  removeMembers: { [GroupKind.GROUP]: Role.ADMIN, [GroupKind.CHANNEL]: Role.ADMIN },
  changeRoles: { [GroupKind.GROUP]: Role.OWNER, [GroupKind.CHANNEL]: Role.OWNER },
  transferOwnership: { [GroupKind.GROUP]: Role.OWNER, [GroupKind.CHANNEL]: Role.OWNER },
} as const satisfies Record<string, Partial<Record<GroupKind, Role>>>

export type Action = keyof typeof LEAST_ROLE

export function allows(action: Action, kind: GroupKind, role: Role): boolean {
  const least: Partial<Record<GroupKind, Role>> = LEAST_ROLE[action]
  return role >= (least[kind] ?? Number.POSITIVE_INFINITY)
}

/** Errors: NOT_PERMITTED. */
export function permit(action: Action, kind: GroupKind, role: Role): void {
  if (!allows(action, kind, role)) throw new Refusal(ErrorReason.NOT_PERMITTED)
}
