import type { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind, MessagePosted } from '@beseda/proto/group/v1/events'
import { type DailyHours, type GroupWish, isAdmin, isTold } from '@beseda/rules'

/** A member with a device that can be reached. */
export interface Candidate {
  readonly userId: string
  readonly role: Role
  readonly wish: GroupWish
  readonly quietHours: DailyHours | undefined
  readonly hasBlockedAuthor: boolean
}

/** How a candidate is just now. */
export interface Attention {
  readonly active: boolean
  readonly doNotDisturb: boolean
}

type Calling = Pick<MessagePosted, 'authorId' | 'mentions' | 'threadId'>

/**
 * Who of a group's reachable members could be told of a message, as far as their own wishes go. What is not told anybody is what
 * an archived group says; what is told nobody is what they have said themselves, or who they have blocked.
 */
export function wishToBeTold(
  message: Calling,
  group: { readonly kind: GroupKind; readonly archived: boolean },
  candidates: readonly Candidate[],
  now: number,
): readonly Candidate[] {
  if (group.archived) return []
  return candidates.filter(({ userId, role, wish, quietHours, hasBlockedAuthor }) => {
    if (userId === message.authorId || hasBlockedAuthor) return false
    return isTold({
      kind: group.kind,
      wish,
      mentioned: callsMember(message, userId, role),
      inThread: message.threadId !== '',
      quietHours,
      doNotDisturb: false,
      now,
    })
  })
}

export function callsMember({ mentions }: Calling, userId: string, role: Role): boolean {
  if (!mentions) return false
  return mentions.all || (mentions.admins && isAdmin(role)) || mentions.userIds.includes(userId)
}

/** Whoever looks at a device sees it there; whoever wants no disturbance gets none. Of whom nothing is known is away. */
export const isAway = (attention: Attention | undefined): boolean =>
  !attention || (!attention.active && !attention.doNotDisturb)
