import type { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind, MessagePosted } from '@beseda/proto/group/v1/events'
import { type DailyHours, type GroupPreference, type Mentioning, mayNotify, mentionsMember } from '@beseda/rules'

/** A member with a device that can be reached. */
export interface Candidate {
  readonly userId: string
  readonly role: Role
  readonly preference: GroupPreference
  readonly quietHours: DailyHours | undefined
  /** Has blocked the author, or whose words the message forwards. */
  readonly hasBlocked: boolean
  /** Follows the thread that the message is in: it is told to them as one of the main line. */
  readonly follows: boolean
}

/** What presence knows of a person now. */
export interface Attention {
  readonly active: boolean
  readonly doNotDisturb: boolean
}

type Posted = Mentioning & Pick<MessagePosted, 'threadId'>

/**
 * The reachable members whose own settings let them be notified of a message. An archived group notifies nobody; nobody is notified
 * of a message of their own, or of words of somebody whom they have blocked.
 */
export function membersToNotify(
  message: Posted,
  group: { readonly kind: GroupKind; readonly archived: boolean },
  candidates: readonly Candidate[],
  now: number,
): readonly Candidate[] {
  if (group.archived) return []
  return candidates.filter(({ userId, role, preference, quietHours, hasBlocked, follows }) => {
    if (userId === message.authorId || hasBlocked) return false
    return mayNotify({
      kind: group.kind,
      preference,
      mentioned: mentionsMember(message, { userId, role }),
      inThread: message.threadId !== '' && !follows,
      quietHours,
      doNotDisturb: false,
      now,
    })
  })
}

/** Somebody who looks at a device sees the message there, and "do not disturb" keeps all devices silent. A person unknown to presence is away. */
export const isAway = (attention: Attention | undefined): boolean =>
  !attention || (!attention.active && !attention.doNotDisturb)
