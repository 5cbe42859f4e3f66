import {
  type Attachment,
  type Forwarded,
  type GroupSettings,
  type Mentions,
  MessagePostedSchema,
  type Poll,
} from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'

/** What a new message says. */
export interface NewMessage {
  readonly messageId: string
  readonly authorId: string
  readonly text: string
  readonly replyTo?: string
  readonly threadId?: string
  readonly alsoInThread?: string
  readonly attachments?: Attachment[]
  readonly mentions?: Mentions
  readonly forwarded?: Forwarded
  readonly authorName?: string
  readonly poll?: Poll
}

/** The event of a new message, which expires by the group's settings. `now`: Unix ms. */
export function postedEvent(
  message: NewMessage,
  { messageTtlS }: Pick<GroupSettings, 'messageTtlS'>,
  now: number,
): Extract<Event['body'], { case: 'messagePosted' }> {
  const expiry = messageTtlS > 0 ? { expiresAt: timestampFromMs(now + messageTtlS * 1000) } : {}
  return { case: 'messagePosted', value: create(MessagePostedSchema, { ...message, ...expiry }) }
}
