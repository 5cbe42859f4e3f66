import type { Role } from '@beseda/proto/common/v1/roles'
import type { MessagePosted } from '@beseda/proto/group/v1/events'
import { isAdmin } from './permissions.js'

/** Targets of a mention beside user ids: every member, and every admin (the owner too). */
const ALL_MEMBERS = '*'
const ALL_ADMINS = '**'

/** The fields of a message that determine its mentions. */
export type Mentioning = Pick<MessagePosted, 'authorId' | 'mentions'>

/** The fields of a member that determine their mentions. */
export interface MentionedMember {
  readonly userId: string
  readonly role: Role
}

/**
 * The targets that a message mentions: people by name, all, the admins, and the author of the message that it replies to.
 * Being in a thread mentions nobody: a reply in a thread mentions those whom it names or replies to (ADR 50).
 */
export function mentionTargets({ mentions }: Pick<Mentioning, 'mentions'>): readonly string[] {
  if (!mentions) return []
  const { userIds, all, admins, repliedUserId } = mentions
  return [
    ...new Set([
      ...userIds,
      ...(all ? [ALL_MEMBERS] : []),
      ...(admins ? [ALL_ADMINS] : []),
      ...(repliedUserId === '' ? [] : [repliedUserId]),
    ]),
  ]
}

/** The targets that include a member. */
export const targetsOf = ({ userId, role }: MentionedMember): readonly string[] => [
  userId,
  ALL_MEMBERS,
  ...(isAdmin(role) ? [ALL_ADMINS] : []),
]

/**
 * The one rule of "does this message mention me": mentions are counted in the badge, highlighted, and notified at the
 * level MENTIONS. Authors are not mentioned by their own messages.
 */
export function mentionsMember(message: Mentioning, member: MentionedMember): boolean {
  if (message.authorId === member.userId) return false
  const mine = targetsOf(member)
  return mentionTargets(message).some((target) => mine.includes(target))
}
