import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Permission } from '@beseda/proto/common/v1/permissions'
import { mayDo, permit } from '@beseda/rules'
import type { Members, Membership } from './ports.js'

/** Errors: NOT_A_MEMBER, BLOCKED. */
export async function requireMember(
  members: Members,
  groupId: string,
  userId: string,
  signal: AbortSignal,
): Promise<Membership> {
  const membership = await members.membership(groupId, userId, signal)
  if (membership.blocked) throw new Refusal(ErrorReason.BLOCKED)
  return membership
}

/** A refusal can also mean that membership did not answer: the transport refuses with UNAVAILABLE. */
export const isRefusedFor = (error: unknown, reasons: readonly ErrorReason[]): boolean =>
  error instanceof Refusal && reasons.includes(error.reason)

/** Whether a member may act on another person; one who is no longer a member ranks below everybody. Errors: those of membership's answer. */
export async function mayActOn(
  members: Members,
  permission: Permission,
  mine: Membership,
  target: { readonly groupId: string; readonly userId: string },
  now: number,
  signal: AbortSignal,
): Promise<boolean> {
  const theirs = await members.membership(target.groupId, target.userId, signal).catch((error: unknown) => {
    if (isRefusedFor(error, [ErrorReason.NOT_A_MEMBER])) return { role: undefined }
    throw error
  })
  return mayDo(permission, mine, mine, now, theirs)
}

/** Errors: NOT_PERMITTED. */
export async function requireMayActOn(
  members: Members,
  permission: Permission,
  mine: Membership,
  target: { readonly groupId: string; readonly userId: string },
  now: number,
  signal: AbortSignal,
): Promise<void> {
  permit(permission, mine, mine, now)
  if (!(await mayActOn(members, permission, mine, target, now, signal))) throw new Refusal(ErrorReason.NOT_PERMITTED)
}
