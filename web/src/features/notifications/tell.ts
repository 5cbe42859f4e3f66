import { GroupKind, type MessagePosted } from '@beseda/proto/group/v1/events'
import { type Commit, Lane } from '@beseda/proto/log/v1/commit'
import type { DailyHours, GroupPreference } from '@beseda/rules'
import { mayNotify, mentionsMember } from '@beseda/rules'
import { isFromBlocked } from '../../sync/model/from-blocked.js'
import type { Conversation } from '../../sync/model/model.js'

/** What is known about the reader when a message arrives. */
export interface Reader {
  readonly userId: string
  readonly blocked: ReadonlySet<string>
  readonly preference: GroupPreference
  readonly quietHours: DailyHours | undefined
  readonly doNotDisturb: boolean
  /** The conversation that is open in the focused window. */
  readonly lookingAt: string
  /** The thread that is open beside it; empty: none. */
  readonly thread: string
  /** Whether they follow a thread: its answers are told like messages of the main line. */
  readonly follows: (threadId: string) => boolean
}

/** The newest message of a commit that the reader must be notified of, or undefined. */
export function toBeTold(
  lane: Lane,
  commit: Commit,
  conversation: Pick<Conversation, 'id' | 'kind' | 'role' | 'archived'>,
  reader: Reader,
  now: number,
): MessagePosted | undefined {
  if (lane !== Lane.MESSAGES || conversation.archived) return undefined
  const isSeen = ({ threadId }: MessagePosted) =>
    reader.lookingAt === conversation.id && (threadId === '' || threadId === reader.thread)
  return commit.events
    .flatMap(({ body }) => (body.case === 'messagePosted' ? [body.value] : []))
    .filter((posted) => posted.authorId !== reader.userId && !isFromBlocked(posted, reader.blocked) && !isSeen(posted))
    .findLast((posted) =>
      mayNotify({
        kind: conversation.kind,
        preference: reader.preference,
        mentioned: mentionsMember(posted, { userId: reader.userId, role: conversation.role }),
        inThread: posted.threadId !== '' && !reader.follows(posted.threadId),
        quietHours: reader.quietHours,
        doNotDisturb: reader.doNotDisturb,
        now,
      }),
    )
}

export const isDirect = ({ kind }: Pick<Conversation, 'kind'>): boolean => kind === GroupKind.DIRECT
