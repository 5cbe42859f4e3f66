import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import type { Role } from '@beseda/proto/common/v1/roles'
import {
  type Attachment,
  type Mentions,
  MentionsSchema,
  type MessagePosted,
  type Poll,
  PollSchema,
} from '@beseda/proto/group/v1/events'
import {
  cleanText,
  isAdmin,
  lengthOf,
  MAX_TEXT,
  mentionsIn,
  type PermissionScope,
  permit,
  roleAllows,
  sameEmoji,
} from '@beseda/rules'
import { create, equals } from '@bufbuild/protobuf'

const EMOJI = /^(?:\p{RGI_Emoji}|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f?)$/v

/** The author as the group knows them at the moment of posting. */
export interface Author {
  readonly role: Role
  /** Unix ms. */
  readonly mutedUntil: number
  /** Unix ms; 0: never. */
  readonly lastPostAt: number
}

/** Slow mode is for those who do not lead the group. */
export const isSlowed = ({ slowModeS }: { readonly slowModeS: number }, role: Role): boolean =>
  slowModeS > 0 && !isAdmin(role)

/** Errors: NOT_PERMITTED, MUTED, ARCHIVED, SLOW_MODE. Times in Unix ms. */
export function permitPost(
  scope: PermissionScope & { readonly archived: boolean; readonly slowModeS: number },
  author: Author,
  now: number,
): void {
  if (scope.archived) throw new Refusal(ErrorReason.ARCHIVED)
  permit(Permission.POST, scope, author, now)
  // The last post can be later than this one: another replica's clock is ahead, or this post has waited for its commit.
  const isFree = !isSlowed(scope, author.role) || author.lastPostAt === 0
  const waitMs = isFree ? 0 : author.lastPostAt + scope.slowModeS * 1000 - now
  if (waitMs > 0) throw new Refusal(ErrorReason.SLOW_MODE, {}, waitMs)
}

/**
 * The text as it is stored. `empty`: a blank text is allowed, because the message has something else. Errors: BAD_TEXT; INVALID_REQUEST
 * for a blank text, and for one of more than MAX_TEXT characters as people count them.
 */
export function composeText(text: string, empty: boolean): string {
  const tidy = cleanText('text', text)
  if (lengthOf(tidy) > MAX_TEXT) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'text' })
  if (tidy !== '') return tidy
  if (!empty) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'text' })
  return ''
}

/**
 * Whom a message mentions: of those named in the text only members; all and the admins only where the author may, otherwise the words
 * are just words; and the author of the message that it replies to (empty: no reply). Errors: TOO_MANY.
 */
export function permittedMentions(
  text: string,
  repliedUserId: string,
  scope: PermissionScope,
  role: Role,
  isMember: (userId: string) => boolean,
): Mentions | undefined {
  const { userIds, all, admins } = mentionsIn(text)
  // A mute stops the post itself.
  const loud = roleAllows(Permission.MENTION_ALL, scope, role)
  const mentions = { userIds: userIds.filter(isMember), all: all && loud, admins: admins && loud, repliedUserId }
  const isAnybody = mentions.userIds.length > 0 || mentions.all || mentions.admins || repliedUserId !== ''
  return isAnybody ? create(MentionsSchema, mentions) : undefined
}

/** What has to be equal for two requests to post the same message. A request without `authorName` leaves the name to the webhook. */
export type Content = Pick<MessagePosted, 'text'> &
  Partial<Pick<MessagePosted, 'replyTo' | 'threadId' | 'alsoInThread' | 'authorName' | 'forwarded'>> & {
    readonly attachments?: readonly Attachment[]
    readonly poll?: Poll | undefined
  }

/** Whether a request says what was posted. A forwarded message is the same whatever its original says now. */
export function isSameContent(posted: Content, asked: Content): boolean {
  if (posted.forwarded || asked.forwarded) return posted.forwarded !== undefined && asked.forwarded !== undefined
  return (
    posted.text === asked.text &&
    (posted.replyTo ?? '') === (asked.replyTo ?? '') &&
    (posted.threadId ?? '') === (asked.threadId ?? '') &&
    (posted.alsoInThread ?? '') === (asked.alsoInThread ?? '') &&
    (asked.authorName === undefined || (posted.authorName ?? '') === asked.authorName) &&
    filesOf(posted) === filesOf(asked) &&
    isSamePoll(posted.poll, asked.poll)
  )
}

const isSamePoll = (posted: Poll | undefined, asked: Poll | undefined): boolean =>
  posted && asked ? equals(PollSchema, posted, asked) : posted === asked

const filesOf = ({ attachments = [] }: Content): string => attachments.map(({ fileId }) => fileId).join(' ')

/** The emoji as it is stored: every form of it is the same reaction. Errors: INVALID_REQUEST unless it is exactly one emoji. */
export function requireEmoji(text: string): string {
  const emoji = sameEmoji(text)
  if (!EMOJI.test(emoji)) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'emoji' })
  return emoji
}
